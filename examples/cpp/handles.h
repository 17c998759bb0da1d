// The C interface in C++ dress: handles that free themselves, and errors that are thrown. Copy it and make it yours.
#pragma once

#include <batchrouter.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

template <auto free_it>
struct Free {
  template <class T>
  void operator()(T* handle) const {
    free_it(handle);
  }
};
using Config = std::unique_ptr<br_config, Free<br_config_free>>;
using Router = std::unique_ptr<br_router, Free<br_router_free>>;
using Batch = std::unique_ptr<br_batch, Free<br_batch_free>>;
using Job = std::unique_ptr<br_job, Free<br_job_free>>;
using ResultHandle = std::unique_ptr<br_result, Free<br_result_free>>;

// What a call that failed threw.
class Failure : public std::runtime_error {
 public:
  Failure(br_status status, br_error* error)
      : std::runtime_error(error != nullptr ? br_error_message(error) : br_status_name(status)), code(status) {
    br_error_free(error);
  }
  br_status code;
};

// call(br_submit, router, …) without its last parameter; gives the status, throws the error.
template <class Fn, class... Args>
br_status call(Fn* function, Args... args) {
  br_error* error = nullptr;
  const br_status status = function(args..., &error);
  if (status < 0) throw Failure(status, error);
  return status;
}

// The same for functions that make a handle in their last parameter but one.
template <class Handle, class Fn, class... Args>
Handle make(Fn* function, Args... args) {
  typename Handle::pointer made = nullptr;
  call(function, args..., &made);
  return Handle(made);
}

// A lambda as a callback: user_data for it, and the function that ends it.
template <class Fn>
struct Lambda {
  explicit Lambda(Fn fn) : copy(new Fn(std::move(fn))) {}
  template <class... Args>
  static void run(void* self, Args... args) {
    (*static_cast<Fn*>(self))(args...);
  }
  static void destroy(void* self) { delete static_cast<Fn*>(self); }
  Fn* copy;
};

// Arguments are settings: KEY VALUE KEY VALUE … docs/configuration.md lists them.
inline Config config_from(int argc, char** argv) {
  Config config(br_config_new());
  for (int i = 1; i + 1 < argc; i += 2) call(br_config_set, config.get(), argv[i], argv[i + 1]);
  return config;
}

// Questions under the ids PREFIX-1, PREFIX-2, …
inline Batch questions(const std::string& prefix, int count) {
  Batch batch(br_batch_new("openai"));
  for (int i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    const std::string line = R"({"custom_id":")" + prefix + "-" + number +
                             R"(","model":"gpt-4o-mini","messages":[{"role":"user","content":"What is )" + number +
                             " times " + number + R"(?"}]})";
    call(br_batch_add_jsonl, batch.get(), line.data(), line.size());
  }
  return batch;
}

inline std::string_view text_of(const br_result* result) {
  std::size_t length = 0;
  const char* text = br_result_text(result, &length);
  return text != nullptr ? std::string_view(text, length) : br_result_error_message(result);
}

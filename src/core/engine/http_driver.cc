#include "core/engine/http_driver.h"

#include <utility>

#include "core/engine/engine_core.h"
#include "core/engine/vendor_http.h"

namespace br {
namespace {

constexpr std::int32_t kNotFound = 404;  // gone already

}  // namespace

HttpDriver::HttpDriver(PartContext context)
    : c_(context),
      calls_(std::make_shared<HttpCalls>(context)),
      probe_(std::make_shared<HttpProbe>(context)),
      download_(std::make_shared<HttpDownload>(context)) {}

std::vector<Download> HttpDriver::sources(const Account& account) const {
  return c_.provider->http()->downloads(account, c_.core->batch(c_.key));
}

void HttpDriver::stop() {
  calls_->stop();
  probe_->stop();
  download_->stop();
}

void HttpDriver::list(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) {
  const auto list = [c = c_, limit, done = std::move(done)](const Account& with, const Error* error) {
    if (error != nullptr) return done(*error);
    RemoteBatch none;
    none.provider = with.provider;
    const std::int64_t now = c.core->parts.clock->now_ms();
    HttpOperation listing(*c.provider->http(), Op::list, {{}, static_cast<int>(limit), {}, {}});
    auto request = listing.begin({with, none, now});
    if (!request) return done(std::move(request.error()));
    auto sent = c.http->send(*c.provider, with, std::move(**request), nullptr,
                             [with, none, listing, now, done](const HttpResponse& response) mutable {
                               if (auto read = listing.read({with, none, now}, response); !read)
                                 return done(std::move(read.error()));
                               done(std::move(listing.outcome()));
                             });
    if (!sent) done(std::move(sent.error()));
  };
  c_.http->with_token(*c_.provider, account, list);
}

void HttpDriver::delete_file(const Account& account, const std::string& file_id, Refused refused) {
  const auto erase = [c = c_, batch = c_.core->batch(c_.key), file_id, refused = std::move(refused)](
                         const Account& with, const Error* error) {
    if (error != nullptr) return refused(*error);
    const CallContext call = {with, batch, c.core->parts.clock->now_ms()};
    HttpOperation deletion(*c.provider->http(), Op::delete_file, {{}, 0, file_id, {}});
    auto request = deletion.begin(call);
    if (!request || !*request) return;  // the vendor keeps no files
    c.http->send_aside(*c.provider, with, std::move(**request), [=](const HttpResponse& response) mutable {
      const auto read = deletion.read({with, batch, call.now_ms}, response);
      if (!read && read.error().http_status != kNotFound) refused(read.error());
    });
  };
  c_.http->with_token(*c_.provider, account, erase);
}

}  // namespace br

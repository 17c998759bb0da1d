#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "gateway/reply.h"

namespace br::gateway {

// The gateway's own pages by path. The guard has looked at host, origin and token before one is made.
class Pages {
 public:
  using Make = std::function<Reply()>;

  void add(std::string path, Make make) { pages_[std::move(path)] = std::move(make); }
  // The page at "/" and what it is made of.
  void add_files();
  Reply get(std::string_view path) const;

 private:
  std::map<std::string, Make, std::less<>> pages_;
};

// What a browser may do with an answer of the gateway's own: nothing from elsewhere, no script or style in the text, no
// frame around it, no copy kept. Headers that the answer has stand.
Reply with_page_headers(Reply reply);

}  // namespace br::gateway

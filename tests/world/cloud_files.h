// CloudFiles: the files that a vendor keeps for its customers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace br::world {

struct CloudFile {
  std::string id, account, name, content;
  std::int64_t created_ms = 0, shown_ms = 0;  // shown_ms: from when on it can be had
};

class CloudFiles {
 public:
  std::string add(CloudFile file) {
    const std::string id = file.id;
    files_[id] = std::move(file);
    return id;
  }
  // nullptr: that account has none of that id by now.
  const CloudFile* find(const std::string& account, const std::string& id, std::int64_t now_ms) const {
    const auto found = files_.find(id);
    const bool is_there = found != files_.end() && found->second.account == account && found->second.shown_ms <= now_ms;
    return is_there ? &found->second : nullptr;
  }
  void remove(const std::string& id) { files_.erase(id); }

  struct Page {
    std::vector<const CloudFile*> files;
    bool has_more = false;
  };
  // `after`: the last one of the page before; empty: from the first.
  Page page_after(const std::string& account, const std::string& after, std::size_t most) const {
    Page page;
    bool begins = after.empty();
    for (auto at = files_.rbegin(); at != files_.rend() && !page.has_more; ++at) {
      if (at->second.account != account) continue;
      if (begins && page.files.size() == most) page.has_more = true;
      else if (begins) page.files.push_back(&at->second);
      if (at->first == after) begins = true;
    }
    return page;
  }

 private:
  std::map<std::string, CloudFile> files_;
};

}  // namespace br::world

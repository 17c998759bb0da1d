// Disk: a disk in memory that keeps, besides what programs see, what would be left after a loss of power: of the writes
// and names that were not synced any part may be there, the last of them torn. It fills up and fails when it is told to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "world/dice.h"

namespace br::world {

struct Node;
using NodePtr = std::shared_ptr<Node>;

struct Node {
  // A change of the content that no sync() covers yet.
  struct Write {
    std::uint64_t offset = 0;
    std::string bytes;
    bool cuts = false;  // the file ends at `offset`
  };
  struct Entry {
    std::string name;
    NodePtr node;  // nullptr: the name went
  };
  std::uint64_t id = 0;
  bool is_directory = false;
  int lock_holder = 0;  // number of the process; 0: nobody
  std::string data, durable;
  std::vector<Write> writes;
  std::map<std::string, NodePtr> entries, durable_entries;
  std::vector<Entry> changes;
};

class Disk {
 public:
  Disk();
  NodePtr find(const std::string& path) const;  // nullptr: there is none
  NodePtr parent_of(const std::string& path) const;
  NodePtr make_node(bool is_directory);

  void write(Node* node, std::uint64_t offset, std::string_view bytes);
  void cut(Node* node, std::uint64_t size);
  void sync(Node* node);
  void enter(Node* directory, const std::string& name, NodePtr node);
  void leave(Node* directory, const std::string& name);
  void sync_directory(Node* directory);

  // The power goes. Locks end with it.
  void lose_power(Dice* dice);
  void unlock_all_of(int process);

  // A copy of the tree as programs see it, and putting it back in place of what is there.
  NodePtr copy(const std::string& path) const;
  void put_back(const std::string& path, const NodePtr& copy);

  // Bytes that still fit; negative: no limit.
  std::int64_t room = -1;
  // errno of the next writes and syncs; 0: they work.
  int write_error = 0, sync_error = 0;

  void each_file(const std::function<void(const std::string& path, const Node& node)>& see) const;

 private:
  NodePtr root_;
  std::uint64_t last_id_ = 0;
};

std::string name_of(const std::string& path);

}  // namespace br::world

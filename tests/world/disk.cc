#include "world/disk.h"

#include <algorithm>
#include <utility>

#include "sys/file_system.h"

namespace br::world {
namespace {

void carry_out(std::string* content, const Node::Write& write, std::size_t length) {
  const auto offset = static_cast<std::size_t>(write.offset);
  if (write.cuts) return content->resize(offset);
  if (content->size() < offset + length) content->resize(offset + length);
  content->replace(offset, length, write.bytes, 0, length);
}

// How much of what was not synced a loss of power leaves.
enum class Left : std::uint8_t { all, nothing, beginning, some };

Left draw_left(Dice* dice) { return static_cast<Left>(dice->between(0, 3)); }

void lose_writes(Node* node, Dice* dice) {
  if (node->writes.empty()) return;
  const Left left = draw_left(dice);
  const std::size_t most = left == Left::beginning ? dice->below(node->writes.size() + 1) : node->writes.size();
  std::string content = node->durable;
  for (std::size_t i = 0; i < most && left != Left::nothing; ++i) {
    const Node::Write& write = node->writes[i];
    if (left == Left::some && dice->percent(50)) continue;
    const bool is_torn = left == Left::beginning && i + 1 == most && !write.bytes.empty();
    carry_out(&content, write, is_torn ? dice->below(write.bytes.size() + 1) : write.bytes.size());
  }
  node->writes.clear();
  node->data = node->durable = std::move(content);
}

void carry_out(std::map<std::string, NodePtr>* entries, const Node::Entry& change) {
  if (change.node == nullptr) entries->erase(change.name);
  else (*entries)[change.name] = change.node;
}

// Names change in their order: a journal of the file system's keeps them.
void lose_names(Node* node, Dice* dice) {
  if (node->changes.empty()) return;
  const std::size_t most = dice->below(node->changes.size() + 1);
  for (std::size_t i = 0; i < most; ++i) carry_out(&node->durable_entries, node->changes[i]);
  node->changes.clear();
  node->entries = node->durable_entries;
}

void lose_power_below(Node* node, Dice* dice) {
  node->lock_holder = 0;
  lose_writes(node, dice);
  lose_names(node, dice);
  for (auto& [name, child] : node->entries) lose_power_below(child.get(), dice);
}

void unlock_below(Node* node, int process) {
  if (node->lock_holder == process) node->lock_holder = 0;
  for (auto& [name, child] : node->entries) unlock_below(child.get(), process);
}

void see_below(const std::string& path, const Node& node,
               const std::function<void(const std::string&, const Node&)>& see) {
  if (!node.is_directory) return see(path, node);
  for (const auto& [name, child] : node.entries) see_below(path + "/" + name, *child, see);
}

}  // namespace

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Disk::Disk() : root_(make_node(true)) {}

NodePtr Disk::make_node(bool is_directory) {
  auto node = std::make_shared<Node>();
  node->id = ++last_id_;
  node->is_directory = is_directory;
  return node;
}

NodePtr Disk::find(const std::string& path) const {
  NodePtr node = root_;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) {
      const auto found = node->entries.find(path.substr(at, end - at));
      if (found == node->entries.end()) return nullptr;
      node = found->second;
    }
    at = end + 1;
  }
  return node;
}

NodePtr Disk::parent_of(const std::string& path) const {
  NodePtr parent = find(parent_path(path));
  return parent != nullptr && parent->is_directory ? parent : nullptr;
}

void Disk::write(Node* node, std::uint64_t offset, std::string_view bytes) {
  node->writes.push_back({offset, std::string(bytes), false});
  carry_out(&node->data, node->writes.back(), bytes.size());
}

void Disk::cut(Node* node, std::uint64_t size) {
  node->writes.push_back({size, {}, true});
  node->data.resize(static_cast<std::size_t>(size));
}

void Disk::sync(Node* node) {
  for (const Node::Write& write : node->writes) carry_out(&node->durable, write, write.bytes.size());
  node->writes.clear();
}

void Disk::enter(Node* directory, const std::string& name, NodePtr node) {
  directory->changes.push_back({name, node});
  directory->entries[name] = std::move(node);
}

void Disk::leave(Node* directory, const std::string& name) {
  directory->changes.push_back({name, nullptr});
  directory->entries.erase(name);
}

void Disk::sync_directory(Node* directory) {
  for (const Node::Entry& change : directory->changes) carry_out(&directory->durable_entries, change);
  directory->changes.clear();
}

void Disk::lose_power(Dice* dice) { lose_power_below(root_.get(), dice); }

void Disk::unlock_all_of(int process) { unlock_below(root_.get(), process); }

NodePtr Disk::copy(const std::string& path) const {
  const NodePtr from = find(path);
  if (from == nullptr) return nullptr;
  auto to = std::make_shared<Node>();
  to->is_directory = from->is_directory;
  to->data = to->durable = from->data;
  for (const auto& [name, child] : from->entries) to->entries[name] = copy(path + "/" + name);
  to->durable_entries = to->entries;
  return to;
}

// The copy stays as it is: it may be put back again.
void Disk::put_back(const std::string& path, const NodePtr& copy) {
  NodePtr node = make_node(copy->is_directory);
  node->data = node->durable = copy->data;
  Node* parent = parent_of(path).get();
  parent->entries[name_of(path)] = parent->durable_entries[name_of(path)] = node;
  for (const auto& [name, child] : copy->entries) put_back(path + "/" + name, child);
}

void Disk::each_file(const std::function<void(const std::string& path, const Node& node)>& see) const {
  see_below("", *root_, see);
}

}  // namespace br::world

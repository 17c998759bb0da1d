// SchemaDocument: a JSON schema as it is read for rewriting: places that name themselves, references that are followed,
// and allOf whose schemas become one. Private to the schema writers.
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_read.h"
#include "providers/schema/schema_rewriter.h"

namespace br {

// A keyword, a property or an element, by the way that leads to it.
struct SchemaPlace {
  const SchemaPlace* parent = nullptr;
  std::string_view name;  // empty: the element `index` of a list
  std::size_t index = 0;
};

struct SchemaField {
  std::string_view name;
  const Json* value = nullptr;
  const SchemaPlace* place = nullptr;
};

// One schema with all that its references and allOf add to it, each keyword once.
struct FlatSchema {
  std::vector<SchemaField> fields;
  std::vector<SchemaField> properties;
  std::vector<std::string_view> required;
  int objects = 0;           // schemas whose properties are here
  std::size_t followed = 0;  // references that were followed; SchemaDocument::leave() ends them

  const SchemaField* find(std::string_view keyword) const;
};

class SchemaDocument {
 public:
  SchemaDocument(const SchemaRules& rules, std::string_view text, std::string at, RewrittenSchema* result);

  const Json* root() const { return root_.get(); }
  const SchemaPlace* root_place() const { return &root_place_; }
  const SchemaPlace* place(const SchemaPlace* parent, std::string_view name) {
    return &places_.emplace_back(parent, name);
  }
  const SchemaPlace* place(const SchemaPlace* parent, std::size_t index) {
    return &places_.emplace_back(SchemaPlace{parent, {}, index});
  }

  // Adds what the schema says to *flat; false: it cannot be read as one, and a fault says so. The references it follows
  // are open until leave(): a schema that holds itself is noticed.
  bool flatten(const Json& schema, const SchemaPlace* at, FlatSchema* flat);
  void leave(FlatSchema* flat);
  // The references of the schema lead back to it.
  bool is_recursive(std::string_view reference) const;
  const Json* target(std::string_view reference) const;
  // No value fits two of the schemas.
  bool disjoint(std::span<const Json> schemas);

  void fault(const SchemaPlace* at, const Json& value, std::string why, std::string fix, bool whole);
  // The keyword, which the vendor does not take.
  void refuse(const SchemaField& field, std::string_view note);
  std::string path(const SchemaPlace* at) const;

 private:
  bool add(const SchemaField& field, FlatSchema* flat);
  bool add_reference(const SchemaField& field, FlatSchema* flat);
  bool add_all_of(const SchemaField& field, FlatSchema* flat);
  bool merges(std::string_view keyword) const;
  bool apart(const Json& one, const Json& other);

  const SchemaRules& rules_;
  std::shared_ptr<const Json> root_;
  std::string at_;
  SchemaPlace root_place_;
  std::deque<SchemaPlace> places_;
  std::vector<std::pair<std::string_view, const Json*>> open_;  // references being followed
  RewrittenSchema* result_;
};

}  // namespace br

// Rewrites a JSON schema to what a vendor takes, so that every value it then allows is one the schema as written
// allows; what cannot be said so is reported as a fault, with the path of the keyword. Pure: text in, text out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "providers/schema/schema_rules.h"

namespace br {

// What a vendor cannot be told.
struct SchemaFault {
  std::string path;  // of the keyword: response_format.schema.properties.score.minimum
  std::string why;   // continues the vendor's name: "takes no minimum in a schema"
  std::string fix;
  std::size_t offset = 0;  // of the keyword's value in the text of the schema
  bool whole = false;      // the schema says nothing without it; false: what was written is the schema without it
};

struct RewrittenSchema {
  std::string json;  // empty: the vendor needs no schema to be told this one
  std::vector<SchemaFault> faults;

  // The schema can be sent, without what the faults name.
  bool usable() const;
};

// schema: checked JSON. at: the path of the schema in the request.
RewrittenSchema rewrite_schema(const SchemaRules& rules, std::string_view schema, const std::string& at);

}  // namespace br

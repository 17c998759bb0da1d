// Parts as OpenAI's and Anthropic's APIs have them, and this format's own with what ordinary ones have not.
#include "codec/base64.h"
#include "codec/part_fields.h"
#include "codec/part_reader.h"

namespace br {

// A type of part, the fields that it may have beside its type, and what makes a part of this format of it.
struct PartReader::Form {
  std::string_view type;
  std::uint32_t fields;
  bool (PartReader::*read)(std::size_t start, Part* part);
  PartKind kind;
};

// Citations, annotations and the like are what an answer tells about its text; where it is put back they are passed over.
bool PartReader::read_form(std::string_view type, std::uint32_t seen, std::size_t start, Part* part) {
  constexpr std::uint32_t kSourced =
      part_fields({kPartText, kPartSourceType, kPartMediaType, kPartData, kPartCache, kPartSource});
  constexpr std::uint32_t kTexts = part_fields({kPartText, kPartSourceType, kPartData, kPartMediaType, kPartCache,
                                                kPartCitations, kPartAnnotations, kPartLogprobs, kPartExtra});
  static constexpr Form kForms[] = {
      {"text", kTexts, &PartReader::text_form, PartKind::text},
      {"input_text", kTexts, &PartReader::text_form, PartKind::text},
      {"output_text", kTexts, &PartReader::text_form, PartKind::text},
      {"refusal", part_fields({kPartRefusal}), &PartReader::text_form, PartKind::text},
      {"image", kSourced | part_fields({kPartDetail}), &PartReader::source_form, PartKind::image},
      {"document", kSourced, &PartReader::source_form, PartKind::document},
      {"audio", kSourced, &PartReader::source_form, PartKind::audio},
      {"image_url", part_fields({kPartImageUrl, kPartDetail, kPartCache}), &PartReader::image_form, PartKind::image},
      {"input_image", part_fields({kPartImageUrl, kPartDetail, kPartFileId, kPartCache}), &PartReader::image_form,
       PartKind::image},
      {"input_audio", part_fields({kPartInputAudio, kPartCache}), &PartReader::audio_form, PartKind::audio},
      {"audio_url", part_fields({kPartAudioUrl, kPartCache}), &PartReader::url_form, PartKind::audio},
      {"document_url", part_fields({kPartDocumentUrl, kPartCache}), &PartReader::url_form, PartKind::document},
      {"file", part_fields({kPartFile, kPartFileId, kPartCache}), &PartReader::file_form, PartKind::document},
      {"input_file", part_fields({kPartFileId, kPartFileData, kPartFileUrl, kPartFilename, kPartDetail, kPartCache}),
       &PartReader::file_form, PartKind::document},
      {"tool_use", part_fields({kPartId, kPartName, kPartInput, kPartCaller, kPartCache, kPartExtra}),
       &PartReader::tool_use_form, PartKind::tool_call},
      {"tool_result", part_fields({kPartToolUseId, kPartContent, kPartIsError, kPartCache}),
       &PartReader::tool_result_form, PartKind::tool_result},
      {"thinking", part_fields({kPartThinking, kPartSignature}), &PartReader::thinking_form, PartKind::thinking},
      {"redacted_thinking", part_fields({kPartData}), &PartReader::thinking_form, PartKind::thinking},
  };
  const std::size_t at = part->column - 1;
  part->column = static_cast<std::uint32_t>(start + 1);
  for (std::size_t i = kPartCache; i < kFieldCount; ++i) {
    if ((seen >> i & 1U) == 0) rare_[i] = {};
  }
  for (const Form& form : kForms) {
    if (form.type != type) continue;
    for (std::size_t i = kPartCache; i < kFieldCount; ++i) {
      if (!rare_[i].empty() && (form.fields >> i & 1U) == 0)
        return wrong(cursor.offset_of(rare_[i]), kPartFields[i],
                     "the field \"" + std::string(kPartFields[i]) + "\" is not one of a part of the type " +
                         std::string(type) + "; remove it");
    }
    part->kind = form.kind;
    const std::string_view cache = rare_[kPartCache];
    if (!cache.empty() && cache.front() != '{')
      return wrong(cursor.offset_of(cache), "cache_control",
                   "cache_control is no object; it is {\"type\":\"ephemeral\"}; correct it");
    part->cache_json = cache;
    return (this->*form.read)(start, part);
  }
  return wrong(at, "type",
               "the part type \"" + std::string(type) +
                   "\" is not known; it is text, image, document or audio ({\"type\":\"image\",\"source_type\":\"url\","
                   "\"media_type\":\"image/png\",\"data\":\"https://…\"}), or one of OpenAI's or Anthropic's chat; use "
                   "one of them");
}

bool PartReader::missing(std::size_t start, std::string_view field) {
  const std::string name(field);
  return wrong(start, field, "the content part has no " + name + ", or one of another type; its type needs it; add it");
}

bool PartReader::text_form(std::size_t start, Part* part) {
  if (!rare_[kPartRefusal].empty()) part->text_json = rare_[kPartRefusal];
  part->signature_json = thought_signature(rare_[kPartExtra]);
  if (!part->text_json.empty() && part->text_json.front() != '"') return missing(start, "refusal");
  return check_part(*part, "text", start) && push(*part);
}

bool PartReader::set_source(std::string_view token, Source source, std::string_view field, std::size_t start,
                            Part* part) {
  if (!token.starts_with('"') || is_empty_string(token)) return missing(start, field);
  part->data_json = token;
  part->source = source;
  if (source == Source::url && token.substr(1).starts_with("data:")) part->source = Source::base64;
  return check_base64(part) && push(*part);
}

// This format's own, or Anthropic's {"source":{"type","media_type","data"|"url"|"file_id"}}.
bool PartReader::source_form(std::size_t start, Part* part) {
  const std::string_view source = rare_[kPartSource];
  part->detail_json = rare_[kPartDetail];
  if (source.empty()) {
    constexpr std::string_view kNames[] = {"text", "image", "document", "audio"};
    if (part->source == Source::none && !default_source(part, start)) return false;
    return check_part(*part, kNames[static_cast<std::size_t>(part->kind)], start) && check_base64(part) && push(*part);
  }
  std::string_view type, media, data, url, file;
  pick(source, {{"type", &type}, {"media_type", &media}, {"data", &data}, {"url", &url}, {"file_id", &file}});
  if (media.starts_with('"') && !is_empty_string(media)) part->media_type_json = media;
  if (type == "\"base64\"") return set_source(data, Source::base64, "source.data", start, part);
  if (type == "\"url\"") return set_source(url, Source::url, "source.url", start, part);
  if (type == "\"file\"") return set_source(file, Source::file_uri, "source.file_id", start, part);
  if (type == "\"text\"" && part->kind == PartKind::document && data.starts_with('"')) {
    part->kind = PartKind::text;
    part->text_json = data;
    part->media_type_json = {};
    return push(*part);
  }
  return wrong(cursor.offset_of(source), "source",
               "the source is not one of base64, url and file, with its data, url or file_id; use one of them");
}

bool PartReader::image_form(std::size_t start, Part* part) {
  std::string_view url = rare_[kPartImageUrl], detail = rare_[kPartDetail];
  if (url.starts_with('{')) {
    const std::string_view object = url;
    url = {};
    pick(object, {{"url", &url}, {"detail", &detail}});
  }
  if (!detail.empty() && detail.front() != '"') return missing(start, "detail");
  part->detail_json = detail;
  if (url.empty() && !rare_[kPartFileId].empty())
    return set_source(rare_[kPartFileId], Source::file_uri, "file_id", start, part);
  return set_source(url, Source::url, "image_url", start, part);
}

bool PartReader::audio_form(std::size_t start, Part* part) {
  std::string_view data = rare_[kPartInputAudio], format;
  if (data.starts_with('{')) {
    const std::string_view object = data;
    data = {};
    pick(object, {{"data", &data}, {"format", &format}});
  }
  if (format == "\"mp3\"") part->media_type_json = "\"audio/mpeg\"";
  else if (format == "\"wav\"") part->media_type_json = "\"audio/wav\"";
  else if (!format.empty() && format.front() == '"')
    part->media_type_json = scratch.emplace_back("\"audio/" + std::string(format.substr(1)));
  const bool url = data.substr(0, 5) == "\"http";  // Mistral's is a URL or base64
  return set_source(data, url ? Source::url : Source::base64, "input_audio", start, part);
}

bool PartReader::url_form(std::size_t start, Part* part) {
  const bool audio = part->kind == PartKind::audio;
  std::string_view url = rare_[audio ? kPartAudioUrl : kPartDocumentUrl];
  if (url.starts_with('{')) {
    const std::string_view object = url;
    url = {};
    pick(object, {{"url", &url}});
  }
  return set_source(url, Source::url, audio ? "audio_url" : "document_url", start, part);
}

bool PartReader::file_form(std::size_t start, Part* part) {
  std::string_view id = rare_[kPartFileId], data = rare_[kPartFileData], url = rare_[kPartFileUrl];
  pick(rare_[kPartFile], {{"file_id", &id}, {"file_data", &data}, {"data", &data}, {"url", &url}, {"file_url", &url}});
  if (!id.empty()) return set_source(id, Source::file_uri, "file_id", start, part);
  if (!url.empty()) return set_source(url, Source::url, "file_url", start, part);
  return set_source(data, Source::base64, "file_data", start, part);
}

bool PartReader::tool_use_form(std::size_t start, Part* part) {
  part->id_json = rare_[kPartId];
  part->name_json = rare_[kPartName];
  part->signature_json = thought_signature(rare_[kPartExtra]);
  if (!part->id_json.starts_with('"') || is_empty_string(part->id_json)) return missing(start, "id");
  if (!part->name_json.starts_with('"') || is_empty_string(part->name_json)) return missing(start, "name");
  request->has_tool_turns = true;
  return set_arguments(rare_[kPartInput], part) && push(*part);
}

bool PartReader::tool_result_form(std::size_t start, Part* part) {
  part->id_json = rare_[kPartToolUseId];
  if (!part->id_json.starts_with('"') || is_empty_string(part->id_json)) return missing(start, "tool_use_id");
  part->is_error = rare_[kPartIsError] == "true";
  request->has_tool_turns = true;
  const std::string_view content = rare_[kPartContent];
  const std::size_t at = request->parts.size();
  push(*part);
  if (content.empty() || content == "[]") {
    request->parts[at].text_json = "\"\"";
    return true;
  }
  bool plain = false;
  if (!read_again(content, [&] { return read_content("content", &plain); })) return false;
  if (plain) {
    request->parts[at].text_json = request->parts.back().text_json;
    request->parts.pop_back();
  }
  request->parts[at].inner_count = static_cast<std::uint32_t>(request->parts.size() - at - 1);
  return true;
}

// Kept as it is: its signature holds for the very bytes.
bool PartReader::thinking_form(std::size_t start, Part* part) {
  part->data_json = cursor.slice_from(start);
  part->source = Source::none;
  return push(*part);
}

// A data: prefix is taken off; what is no base64 fails at the vendor, after the batch was paid for.
bool PartReader::check_base64(Part* part) {
  std::string_view token = part->data_json;
  const bool is_url = part->source == Source::url;
  std::string_view data = token.substr(1, token.size() - 2);
  constexpr std::string_view kScheme = "data:", kMark = ";base64,";
  if (is_url && !data.starts_with(kScheme)) return true;
  if (part->source == Source::file_uri) return true;
  const std::size_t mark = data.starts_with(kScheme) ? data.substr(0, 256).find(kMark) : std::string_view::npos;
  if (mark != std::string_view::npos) {
    std::string_view media = data.substr(kScheme.size(), mark - kScheme.size());
    media = media.substr(0, media.find(';'));
    data.remove_prefix(mark + kMark.size());
    if (part->media_type_json.empty() && !media.empty())
      part->media_type_json = scratch.emplace_back("\"" + std::string(media) + "\"");
    if (!is_url) part->data_json = scratch.emplace_back("\"" + std::string(data) + "\"");
  }
  const std::size_t bad = find_not_base64(data);
  if (bad == std::string_view::npos && !data.empty()) return true;
  const std::size_t at = cursor.offset_of(data) + (bad < data.size() ? bad : 0);
  if (data.starts_with("http://") || data.starts_with("https://"))
    return wrong(at, "data", "the data is a URL and no base64; with a URL the source_type is url; change one of them");
  if (bad < data.size() && data.find('.') < 4096 && data.size() < 4096)
    return wrong(at, "data",
                 "the data is no base64 from here on and looks like a path; nothing is read from files; give the file's "
                 "bytes as base64");
  if (bad < data.size())
    return wrong(at, "data",
                 "the data is no base64 from here on; its letters are A-Z, a-z, 0-9, + and /, with = at the end and no "
                 "line breaks; encode it anew");
  return wrong(at, "data", "the base64 data is empty or cut short; its length is a multiple of 4; encode it anew");
}

}  // namespace br

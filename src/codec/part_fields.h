// The fields that a content part may have, in any of its forms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace br {

// In the order of kPartFields. The first five are those of this format's own parts.
enum PartField : std::size_t {
  kPartType, kPartText, kPartSourceType, kPartMediaType, kPartData,
  kPartCache, kPartDetail, kPartImageUrl, kPartInputAudio, kPartFile, kPartSource, kPartId, kPartName, kPartInput,
  kPartToolUseId, kPartContent, kPartIsError, kPartThinking, kPartSignature, kPartFileId, kPartFileData, kPartFileUrl,
  kPartFilename, kPartRefusal, kPartDocumentUrl, kPartAudioUrl, kPartCitations, kPartAnnotations, kPartLogprobs,
  kPartCaller, kPartExtra
};
inline constexpr std::array<std::string_view, 31> kPartFields = {
    "type",      "text",         "source_type", "media_type", "data",        "cache_control", "detail",   "image_url",
    "input_audio", "file",       "source",      "id",         "name",        "input",         "tool_use_id", "content",
    "is_error",  "thinking",     "signature",   "file_id",    "file_data",   "file_url",      "filename", "refusal",
    "document_url", "audio_url", "citations",   "annotations", "logprobs",   "caller",        "extra_content"};
inline constexpr std::size_t kOwnPartFields = 7;  // those that messages about unknown fields name

constexpr std::uint32_t part_fields(std::initializer_list<PartField> fields) {
  std::uint32_t bits = 0;
  for (const PartField field : fields) bits |= 1U << field;
  return bits;
}

}  // namespace br

#include "providers/openai/content.h"

namespace br {
namespace {

// A file without a name is refused by OpenAI, and its extension tells what it holds.
std::string_view document_name(std::string_view type) {
  if (type == "text/plain") return "document.txt";
  if (type == "text/markdown") return "document.md";
  if (type == "text/html") return "document.html";
  if (type == "text/csv") return "document.csv";
  if (type == "application/json") return "document.json";
  if (type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document") return "document.docx";
  return "document.pdf";
}

}  // namespace

bool OpenAiContent::write(const Part& part, Role role) {
  switch (part.kind) {
    case PartKind::text:
      if (!is_responses()) out_->append("{\"type\":\"text\",\"text\":");
      else
        out_->append(role == Role::user ? "{\"type\":\"input_text\",\"text\":" : "{\"type\":\"output_text\",\"text\":");
      out_->append(part.text_json).push_back('}');
      return true;
    case PartKind::image:
      return image(part);
    case PartKind::document:
      return document(part);
    case PartKind::audio:
      return audio(part);
    default:
      return true;  // calls, results and thoughts are no part of the content; see history.cc
  }
  return true;
}

bool OpenAiContent::image(const Part& part) {
  if (!d_.image_url) return unsupported(part.column, "image", "takes no images here", "use another provider");
  if (part.source == Source::file_uri) {
    if (!is_responses())
      return unsupported(part.column, "image", "takes no file ids for images on chat completions",
                         d_.responses ? "use url or base64, or the endpoint responses" : "use url or base64");
    out_->append("{\"type\":\"input_image\",\"file_id\":").append(part.data_json);
    if (!part.detail_json.empty()) out_->append(",\"detail\":").append(part.detail_json);
    out_->push_back('}');
    return true;
  }
  if (!d_.image_detail && !check_detail(part)) return false;
  const std::string_view detail = d_.image_detail ? part.detail_json : std::string_view();
  const bool wrapped = !is_responses() && (!d_.image_as_string || !detail.empty());
  out_->append(is_responses() ? "{\"type\":\"input_image\",\"image_url\":" : "{\"type\":\"image_url\",\"image_url\":");
  if (wrapped) out_->append("{\"url\":");
  if (part.source == Source::url) out_->append(part.data_json);
  else data_uri(part, "image/jpeg");
  if (!detail.empty()) out_->append(",\"detail\":").append(detail);
  out_->append(wrapped ? "}}" : "}");
  return true;
}

bool OpenAiContent::document(const Part& part) {
  if (is_responses()) return openai_file(part);
  switch (d_.documents) {
    case DocumentForm::none:
      return unsupported(part.column, "document", "takes no documents here", "send its text");
    case DocumentForm::file:
      return openai_file(part);
    case DocumentForm::document_url:
      return mistral_document(part);
    case DocumentForm::file_url:
      return xai_file(part);
  }
  return true;
}

bool OpenAiContent::openai_file(const Part& part) {
  if (part.source == Source::url && !is_responses())
    return unsupported(part.column, "document", "takes no document URLs on chat completions",
                       "use base64 or file_uri, or the endpoint responses");
  out_->append(is_responses() ? "{\"type\":\"input_file\"," : "{\"type\":\"file\",\"file\":{");
  if (part.source == Source::url) {
    out_->append("\"file_url\":").append(part.data_json);
  } else if (part.source == Source::file_uri) {
    out_->append("\"file_id\":").append(part.data_json);
  } else {
    const std::string_view name = document_name(media_type(part, "application/pdf"));
    out_->append("\"filename\":\"").append(name).append("\",\"file_data\":");
    data_uri(part, "application/pdf");
  }
  out_->append(is_responses() ? "}" : "}}");
  return true;
}

bool OpenAiContent::mistral_document(const Part& part) {
  if (part.source == Source::file_uri) {
    out_->append("{\"type\":\"file\",\"file_id\":").append(part.data_json).push_back('}');
    return true;
  }
  out_->append("{\"type\":\"document_url\",\"document_url\":");
  if (part.source == Source::url) out_->append(part.data_json);
  else data_uri(part, "application/pdf");
  out_->push_back('}');
  return true;
}

bool OpenAiContent::xai_file(const Part& part) {
  out_->append("{\"type\":\"file\",\"file\":{");
  out_->append(part.source == Source::url        ? "\"url\":"
               : part.source == Source::file_uri ? "\"file_id\":"
                                                 : "\"data\":");
  out_->append(part.data_json).append("}}");
  return true;
}

bool OpenAiContent::audio_text(const Part& part) {
  if (part.source == Source::file_uri)
    return unsupported(part.column, "audio", "takes no file ids for audio", "use url or base64");
  out_->append("{\"type\":\"input_audio\",\"input_audio\":").append(part.data_json).push_back('}');
  return true;
}

bool OpenAiContent::audio(const Part& part) {
  if (is_responses()) return unsupported(part.column, "audio", "takes no audio on responses", "use chat completions");
  if (d_.audio == AudioForm::none)
    return unsupported(part.column, "audio", "takes no audio here", "use another provider");
  if (d_.audio == AudioForm::text) return audio_text(part);
  if (part.source == Source::url && d_.audio == AudioForm::data_or_url) {
    out_->append("{\"type\":\"audio_url\",\"audio_url\":{\"url\":").append(part.data_json).append("}}");
    return true;
  }
  if (part.source != Source::base64)
    return unsupported(part.column, "audio",
                       d_.audio == AudioForm::data ? "takes audio as base64 only" : "takes audio as url or base64",
                       "send the bytes as base64");
  const std::string_view type = media_type(part, "audio/wav");
  const bool mp3 = type == "audio/mp3" || type == "audio/mpeg";
  if (!mp3 && type != "audio/wav" && type != "audio/x-wav" && type != "audio/wave")
    return unsupported(part.column, "audio", "takes wav and mp3, not " + std::string(type), "convert it");
  out_->append("{\"type\":\"input_audio\",\"input_audio\":{\"data\":").append(part.data_json);
  out_->append(mp3 ? ",\"format\":\"mp3\"}}" : ",\"format\":\"wav\"}}");
  return true;
}

}  // namespace br

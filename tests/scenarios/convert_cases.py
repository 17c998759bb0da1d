"""The unified cases of the golden checks, and what each vendor's body has to mean, worked out from the fact sheets."""

PNG = "iVBORw0KGgo="
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def user(*parts):
    return [{"role": "user", "content": list(parts)}]


def text(words):
    return {"type": "text", "text": words}


def media(kind, source, media_type, data):
    return {"type": kind, "source_type": source, "media_type": media_type, "data": data}


HI = user(text("hi"))
CASES = {
    "plain-string": {"messages": [{"role": "user", "content": "hi"}]},
    "text-part": {"messages": HI},
    "several-text-parts": {"messages": user(text("a"), text("b"), text("c"))},
    "system-string": {"messages": HI, "system_prompt": "Be brief."},
    "system-list": {"messages": HI, "system_prompt": ["Be brief.", "Be kind."]},
    "system-empty": {"messages": HI, "system_prompt": ""},
    "multi-turn": {"messages": HI + [{"role": "assistant", "content": "hello"}] + user(text("and?"))},
    "image-url": {"messages": user(text("see"), media("image", "url", "image/png", "https://example.org/a.png"))},
    "image-base64": {"messages": user(media("image", "base64", "image/png", PNG), text("what?"))},
    "image-default-type": {"messages": user({"type": "image", "source_type": "base64", "data": PNG})},
    "two-images-in-order": {"messages": user(media("image", "url", "image/png", "https://e.org/1.png"), text("and"),
                                             media("image", "base64", "image/jpeg", "/9j/4A=="))},
    "document-base64": {"messages": user(media("document", "base64", "application/pdf", "JVBERi0="), text("sum"))},
    "document-url": {"messages": user(media("document", "url", "application/pdf", "https://e.org/a.pdf"), text("sum"))},
    "document-file": {"messages": user(media("document", "file_uri", "application/pdf", "file-123"), text("sum"))},
    "audio-wav": {"messages": user(media("audio", "base64", "audio/wav", "UklGRg=="), text("say"))},
    "audio-mp3": {"messages": user(media("audio", "base64", "audio/mpeg", "SUQz"), text("say"))},
    "max-tokens": {"messages": HI, "generation_config": {"max_tokens": 64}},
    "temperature-top-p": {"messages": HI, "generation_config": {"temperature": 0.7, "top_p": 0.9}},
    "temperature-zero": {"messages": HI, "generation_config": {"temperature": 0}},
    "temperature-1.4": {"messages": HI, "generation_config": {"temperature": 1.4}},
    "top-k": {"messages": HI, "generation_config": {"top_k": 40}},
    "stop-sequences": {"messages": HI, "generation_config": {"stop_sequences": ["END", "STOP"]}},
    "penalties": {"messages": HI, "generation_config": {"presence_penalty": 0.1, "frequency_penalty": -0.2}},
    "seed": {"messages": HI, "seed": 42},
    "tools": {"messages": HI, "tools": [TOOL]},
    "tool-choice-auto": {"messages": HI, "tools": [TOOL], "tool_choice": "auto"},
    "tool-choice-required": {"messages": HI, "tools": [TOOL], "tool_choice": "required"},
    "tool-choice-none": {"messages": HI, "tools": [TOOL], "tool_choice": "none"},
    "tool-choice-named": {"messages": HI, "tools": [TOOL], "tool_choice": {"type": "function", "function": {
        "name": "get_weather"}}},
    "json-schema": {"messages": HI, "response_format": {"type": "json_schema", "json_schema": {
        "name": "answer", "schema": SCHEMA}}},
    "json-object": {"messages": HI, "response_format": {"type": "json_object"}},
    "reasoning-effort": {"messages": HI, "reasoning": {"effort": "low"}},
    "kwargs-win": {"messages": HI, "generation_config": {"max_tokens": 5, "temperature": 0.5},
                   "provider_kwargs": {"temperature": 0.25, "extra_thing": {"a": [1, 2]}}},
    "raw-body": {"body": {"model": "M", "anything": [1, {"b": None}]}},
    "unicode-and-escapes": {"messages": user(text("ü日本 \U0001f600 \" \\ \n \u2028 \u0000"))},
    "nulls": {"messages": HI, "system_prompt": None, "tools": None, "generation_config": {"top_k": None}},
}

SAME = object()  # refused, or mapped: the fact sheets leave it open


class Refused(Exception):
    pass


def chat_part(vendor, part):
    kind, source, data = part["type"], part.get("source_type"), part.get("data")
    kinds = {"image": "image/jpeg", "document": "application/pdf", "audio": "audio/wav"}
    media_type = part.get("media_type", kinds.get(kind))
    inline = "data:%s;base64,%s" % (media_type, data)
    if kind == "text":
        return {"type": "text", "text": part["text"]}
    if kind == "image" and source in ("url", "base64"):
        return {"type": "image_url", "url": data if source == "url" else inline}
    if kind == "document":
        return chat_document(vendor, source, data, inline)
    if kind == "audio" and source == "base64" and vendor in ("openai", "together", "vllm"):
        return {"type": "input_audio", "input_audio": {"data": data, "format": {
            "audio/wav": "wav", "audio/mpeg": "mp3"}[media_type]}}
    if kind == "audio" and source == "base64" and vendor == "mistral":
        return {"type": "input_audio", "input_audio": data}
    raise Refused(kind)


def chat_document(vendor, source, data, inline):
    if vendor == "openai" and source == "base64":
        return {"type": "file", "file": {"file_data": inline}}
    if vendor == "openai" and source == "file_uri":
        return {"type": "file", "file": {"file_id": data}}
    if vendor == "mistral" and source in ("url", "base64"):
        return {"type": "document_url", "url": data if source == "url" else inline}
    if vendor == "mistral":
        return {"type": "file", "file_id": data}
    raise Refused("document")


def chat(vendor, request):
    if "body" in request:
        return request["body"]
    body = {"model": request["model"], "messages": []}
    system = request.get("system_prompt")
    if system:
        body["messages"].append(("system", [text("\n".join([system] if isinstance(system, str) else system))]))
    for message in request["messages"]:
        parts = [text(message["content"])] if isinstance(message["content"], str) else message["content"]
        body["messages"].append((message["role"], [chat_part(vendor, part) for part in parts]))
    names = {"max_tokens": "max_completion_tokens" if vendor in ("openai", "groq") else "max_tokens",
             "stop_sequences": "stop"}
    for name, value in (request.get("generation_config") or {}).items():
        if value is None:
            continue
        if name == "top_k" and vendor not in ("together", "vllm"):
            raise Refused(name)
        body[names.get(name, name)] = value
    for name in ("tools", "tool_choice", "response_format"):
        if request.get(name) is not None:
            body[name] = request[name]
    if request.get("seed") is not None:
        body["random_seed" if vendor == "mistral" else "seed"] = request["seed"]
    if request.get("reasoning"):
        if vendor == "openai":
            raise Refused("reasoning")  # gpt-4o-mini has none
        # mistral-small has two words for it, high and none
        body["reasoning_effort"] = "high" if vendor == "mistral" else request["reasoning"]["effort"]
    body.update(request.get("provider_kwargs") or {})
    return body


def anthropic_part(part):
    kind, source, data = part["type"], part.get("source_type"), part.get("data")
    if kind == "text":
        return {"type": "text", "text": part["text"]}
    if kind == "audio":
        raise Refused("audio")
    if source == "url":
        return {"type": kind, "source": {"type": "url", "url": data}}
    if source == "file_uri":
        return {"type": kind, "source": {"type": "file", "file_id": data}}
    default = "image/jpeg" if kind == "image" else "application/pdf"
    return {"type": kind, "source": {"type": "base64", "media_type": part.get("media_type", default), "data": data}}


def anthropic(request):
    if "body" in request:
        return request["body"]
    body = {"model": request["model"], "max_tokens": 1024, "messages": []}
    system = request.get("system_prompt")
    if system:
        body["system"] = [system] if isinstance(system, str) else system
    for message in request["messages"]:
        parts = [text(message["content"])] if isinstance(message["content"], str) else message["content"]
        body["messages"].append((message["role"], [anthropic_part(part) for part in parts]))
    for name, value in (request.get("generation_config") or {}).items():
        if value is None:
            continue
        if name.endswith("_penalty") or name == "temperature" and value > 1:
            raise Refused(name)
        body[name] = value
    if request.get("seed") is not None:
        raise Refused("seed")
    for tool in request.get("tools") or []:
        function = tool["function"]
        body.setdefault("tools", []).append({"name": function["name"], "description": function["description"],
                                             "input_schema": function["parameters"]})
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        body["tool_choice"] = {"type": "tool", "name": choice["function"]["name"]}
    elif choice:
        body["tool_choice"] = {"type": {"required": "any"}.get(choice, choice)}
    anthropic_output(request, body)
    body.update(request.get("provider_kwargs") or {})
    return body


def anthropic_output(request, body):
    form = request.get("response_format")
    if form and form["type"] == "json_object":
        raise Refused("response_format")
    if form:
        schema = dict(form["json_schema"]["schema"], additionalProperties=False)
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if request.get("reasoning"):  # claude-haiku-4-5 takes a budget, which counts to max_tokens
        body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        body["max_tokens"] += 1024


def google_part(part):
    kind, source, data = part["type"], part.get("source_type"), part.get("data")
    kinds = {"image": "image/jpeg", "document": "application/pdf", "audio": "audio/wav"}
    if kind == "text":
        return {"text": part["text"]}
    media_type = part.get("media_type", kinds[kind])
    if source == "base64":
        return {"inlineData": {"mimeType": media_type, "data": data}}
    return {"fileData": {"fileUri": data, "mimeType": media_type}}


GOOGLE_NAMES = {"max_tokens": "maxOutputTokens", "temperature": "temperature", "top_p": "topP", "top_k": "topK",
                "stop_sequences": "stopSequences", "presence_penalty": "presencePenalty",
                "frequency_penalty": "frequencyPenalty"}


def google_schema(schema):
    """Google's Schema has a word of its own for each type."""
    written = dict(schema, type=schema["type"].upper())
    if "properties" in schema:
        written["properties"] = {name: google_schema(value) for name, value in schema["properties"].items()}
    return written


def google(request):
    if "body" in request:
        return request["body"]
    body, config = {"contents": []}, {}
    system = request.get("system_prompt")
    if system:
        body["systemInstruction"] = "\n".join([system] if isinstance(system, str) else system)
    for message in request["messages"]:
        parts = [text(message["content"])] if isinstance(message["content"], str) else message["content"]
        body["contents"].append(("model" if message["role"] == "assistant" else "user",
                                 [google_part(part) for part in parts]))
    for name, value in (request.get("generation_config") or {}).items():
        if value is not None:
            config[GOOGLE_NAMES[name]] = value
    if request.get("seed") is not None:
        config["seed"] = request["seed"]
    google_tools(request, body)
    form = request.get("response_format")
    if form:
        config["responseMimeType"] = "application/json"
    if form and form["type"] == "json_schema":
        config["responseSchema"] = google_schema(form["json_schema"]["schema"])
    if request.get("reasoning"):
        config["thinkingConfig"] = SAME
    if config:
        body["generationConfig"] = config
    kwargs = request.get("provider_kwargs") or {}
    if set(kwargs) & set(GOOGLE_NAMES.values()):
        raise Refused("provider_kwargs")  # their place is generationConfig
    body.update(kwargs)
    return body


def google_tools(request, body):
    declarations = [dict(tool["function"], parameters=google_schema(tool["function"]["parameters"]))
                    for tool in request.get("tools") or []]
    if declarations:
        body["tools"] = [{"functionDeclarations": declarations}]
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        calling = {"mode": "ANY", "allowedFunctionNames": [choice["function"]["name"]]}
    else:
        calling = {"mode": {"auto": "AUTO", "required": "ANY", "none": "NONE"}.get(choice)}
    if choice:
        body["toolConfig"] = {"functionCallingConfig": calling}


def expected(vendor, request):
    if vendor == "anthropic":
        return anthropic(request)
    return google(request) if vendor == "google" else chat(vendor, request)


# ---- a body as the program wrote it, in the form of the above ----


def parts_of(content):
    return [text(content)] if isinstance(content, str) else content


def plain_part(part):
    part = dict(part)
    for kind in ("image_url", "document_url"):
        if part.get("type") == kind:
            inner = part[kind]
            return {"type": kind, "url": inner if isinstance(inner, str) else inner["url"]}
    if part.get("type") == "file" and "file" in part:
        part["file"] = {name: value for name, value in part["file"].items() if name != "filename"}
    return part


def meaning(vendor, body, raw):
    if raw:
        return body
    body = dict(body)
    if vendor == "google":
        body["contents"] = [(item["role"], item["parts"]) for item in body["contents"]]
        if "systemInstruction" in body:
            body["systemInstruction"] = "\n".join(part["text"] for part in body["systemInstruction"]["parts"])
        for tool in body.get("tools", []):
            for one in tool.get("functionDeclarations", []):
                if "parametersJsonSchema" in one:
                    one["parameters"] = one.pop("parametersJsonSchema")
        return body
    if vendor == "anthropic":
        if "system" in body:
            body["system"] = [part["text"] for part in parts_of(body["system"])]
        body["messages"] = [(item["role"], parts_of(item["content"])) for item in body["messages"]]
        return body
    messages = [(item["role"], [plain_part(part) for part in parts_of(item["content"])]) for item in body["messages"]]
    system = [parts[0]["text"] for role, parts in messages if role in ("system", "developer")]
    rest = [item for item in messages if item[0] not in ("system", "developer")]
    body["messages"] = ([("system", [text("\n".join(system))])] if system else []) + rest
    if isinstance(body.get("stop"), str):
        body["stop"] = [body["stop"]]
    if body.get("tool_choice") == "any":
        body["tool_choice"] = "required"
    return body

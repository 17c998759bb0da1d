// A vendor's OpenAPI description as a judge of JSON: types, required fields, and fields that it does not know. Where
// there is no such file the judge has no complaints and says so once; all else that a test looks at needs none.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { Properties } from './properties.mjs';

const COMPONENTS = ['components', 'schemas'];
const JSON_TYPE = 'application/json';
const NO_BODY = [];

// YAML of three megabytes takes seconds to read, so what was read is kept, as JSON, in the working directory.
function readDocument(file) {
  const text = readFileSync(join(process.env.BATCHROUTER_SPECS, file), 'utf8');
  if (file.endsWith('.json')) return JSON.parse(text);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const kept = `${basename(file)}.${hash}.json`;
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8'));
  const document = parse(text, { maxAliasCount: -1 });
  writeFileSync(kept, JSON.stringify(document));
  return document;
}

// OpenAPI 3.0 writes `nullable: true` where JSON Schema has a type.
function withNullable(node) {
  if (Array.isArray(node)) return node.map(withNullable);
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, withNullable(value)]));
  if (copy.nullable !== true) return copy;
  delete copy.nullable;
  return { anyOf: [copy, { type: 'null' }] };
}

// Widens one place of the description; see known_differences.mjs.
function widen(document, { at, also, absent }) {
  const steps = [...(at.startsWith('paths/') ? [] : COMPONENTS), ...at.split('/')].map((step) => step.replaceAll('~1', '/'));
  const last = steps.pop();
  const parent = steps.reduce((node, step) => node?.[step], document);
  if (parent === undefined) throw new Error(`known_differences.mjs: the description has no ${at}`);
  if (absent !== undefined) {
    parent[last].required = parent[last].required.filter((name) => !absent.includes(name));
    return;
  }
  parent[last] = parent[last] === undefined ? also : { anyOf: [parent[last], also] };
}

const HAS_FILE = (file) => (process.env.BATCHROUTER_SPECS ?? '') !== '' && existsSync(join(process.env.BATCHROUTER_SPECS, file));

export class Spec {
  #document;
  #ajv;
  #base;
  #errors;
  #raw;
  #properties;

  // file: its name in BATCHROUTER_SPECS; base: what the path of a request has before the path in the description;
  // errors: the schema of an answer that is none and that the description leaves out; raw: paths that answer with bytes.
  constructor(file, { base = '', errors, raw = /\/content$/, differences = [] }) {
    if (!HAS_FILE(file)) {
      console.log(`SKIPPED: what ${file} says; it is not in the directory that BATCHROUTER_SPECS names`);
      return;
    }
    this.#document = withNullable(readDocument(file));
    for (const difference of differences) widen(this.#document, difference);
    this.#base = base;
    this.#errors = errors;
    this.#raw = raw;
    this.#properties = new Properties(this.#document);
    this.#ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false, validateSchema: false, logger: false });
    this.#ajv.addSchema(this.#document, 'spec');
  }

  // What is wrong with `value` by the schema of that name; empty if nothing is.
  complaints(schema, value) {
    if (this.#document === undefined) return [];
    return this.#judge([...COMPONENTS, schema], value);
  }

  // What is wrong with an answer of the emulator.
  answerComplaints({ method, path, status, type, text }) {
    if (this.#document === undefined) return [];
    const where = `${method} ${path} ${status}`;
    if (status < 400 && this.#raw.test(path)) return [];
    const schema = this.#answerSchema(method.toLowerCase(), path, status);
    if (schema === undefined) return [`${where}: the description has no such answer`];
    if (schema === NO_BODY) return text === '' ? [] : [`${where}: a body where the description has none`];
    try {
      return this.#judge(schema, JSON.parse(text)).map((complaint) => `${where}: ${complaint}`);
    } catch (error) {
      if (error instanceof SyntaxError) return [`${where}: ${type}, not JSON: ${text.slice(0, 100)}`];
      throw error;
    }
  }

  // The steps to the schema of an answer.
  #answerSchema(method, path, status) {
    const template = path.startsWith(this.#base) ? this.#template(path.slice(this.#base.length)) : undefined;
    const answers = this.#document.paths[template]?.[method]?.responses ?? {};
    const code = [String(status), `${String(status)[0]}XX`, 'default'].find((each) => answers[each] !== undefined);
    const content = answers[code]?.content;
    if (content?.[JSON_TYPE]?.schema !== undefined) {
      return ['paths', template, method, 'responses', code, 'content', JSON_TYPE, 'schema'];
    }
    if (status >= 400) return this.#errors === undefined ? undefined : [...COMPONENTS, this.#errors];
    return code === undefined ? undefined : NO_BODY;
  }

  // The path as the description writes it: the one with the fewest holes.
  #template(path) {
    const holes = (text) => text.split('{').length;
    const fits = (text) => {
      const pattern = text.split('?')[0].replaceAll(/[.+*()$^]/g, '\\$&').replaceAll(/\{[^}]*\}/g, '[^/:]+');
      return new RegExp(`^${pattern}$`).test(path);
    };
    return Object.keys(this.#document.paths).filter(fits).sort((a, b) => holes(a) - holes(b) || a.length - b.length)[0];
  }

  #judge(pointer, value) {
    const escaped = pointer.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
    const reference = { $ref: `spec#/${escaped.join('/')}` };
    const valid = this.#ajv.compile(reference);
    const complaints = valid(value) ? [] : valid.errors.map(({ instancePath, message }) => `${instancePath}: ${message}`);
    const schema = pointer.reduce((node, step) => node?.[step], this.#document);
    return [...new Set([...complaints, ...this.#properties.unknown(schema, value)])];
  }
}

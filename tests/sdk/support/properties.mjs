// Fields that a description does not know. JSON Schema takes them all unless it is told not to, and descriptions of
// vendors do not tell; a field that the vendor never sends is a mistake of the emulator all the same.
export class Properties {
  #document;

  constructor(document) {
    this.#document = document;
  }

  // "path: unknown field" for each.
  unknown(schema, value, path = '') {
    return this.#unknown([schema], value, path);
  }

  #unknown(schemas, value, path) {
    if (value === null || typeof value !== 'object') return [];
    const branches = this.#branches(schemas);
    if (Array.isArray(value)) {
      const items = branches.flatMap((branch) => branch.items ?? []);
      return value.flatMap((each, index) => (items.length > 0 ? this.#unknown(items, each, `${path}/${index}`) : []));
    }
    const objects = branches.filter((branch) => branch.properties !== undefined || branch.additionalProperties !== undefined);
    if (objects.length === 0) return [];
    const open = objects.flatMap((branch) => branch.additionalProperties || []);
    return Object.entries(value).flatMap(([name, inner]) => {
      const known = objects.flatMap((branch) => branch.properties?.[name] ?? []);
      if (known.length > 0) return this.#unknown(known, inner, `${path}/${name}`);
      return open.length > 0 ? this.#unknown(open, inner, `${path}/${name}`) : [`${path}/${name}: unknown field`];
    });
  }

  // Every schema that may apply, with references followed and alternatives laid side by side.
  #branches(schemas, seen = new Set()) {
    return schemas.flatMap((schema) => {
      if (schema === null || typeof schema !== 'object' || seen.has(schema)) return [];
      seen.add(schema);
      const inner = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
      if (schema.$ref !== undefined) inner.push(this.#resolve(schema.$ref));
      return [schema, ...this.#branches(inner, seen)];
    });
  }

  #resolve(reference) {
    const steps = reference.slice(2).split('/').map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
    return steps.reduce((node, step) => node?.[step], this.#document);
  }
}

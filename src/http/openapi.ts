import { z } from "zod";
import { ENDPOINTS } from "../api/contract.ts";
import { apiRegistry, type Endpoint, errorSchema, NOTHING } from "../api/schema.ts";

type AnyEndpoint = Endpoint<unknown, unknown, unknown, unknown>;
type Json = Readonly<Record<string, unknown>>;

/** Errors that every endpoint may give. */
const COMMON_ERRORS = ["BW_HTTP_REQUEST", "BW_INTERNAL"];

/** The OpenAPI 3.1 document of the admin API, made of the very schemas that check it. Pure. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Bootwire admin API",
      version,
      description: "All that the dashboard and the command line do. Errors carry a stable code and a hint.",
    },
    components: {
      schemas: z.toJSONSchema(apiRegistry, { uri: reference, unrepresentable: "any", io: "input" }).schemas,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "bootwire_session" },
      },
    },
    security: [{ token: [] }, { session: [] }],
    paths,
  };
}

function operation(endpoint: AnyEndpoint): Json {
  const { summary, params, query, body, response, isOpen } = endpoint;
  const parameters = [...parametersOf(params, "path"), ...parametersOf(query, "query")];
  const isStream = response === NOTHING;
  return {
    summary,
    ...(isOpen && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== NOTHING && { requestBody: { content: json(body) } }),
    responses: {
      200: {
        description: "done",
        content: isStream ? { "text/event-stream": { schema: { type: "string" } } } : json(response),
      },
      default: {
        description: `an error: ${errorsOf(endpoint).join(", ")}`,
        content: json(errorSchema),
      },
    },
  };
}

function errorsOf(endpoint: AnyEndpoint): string[] {
  return [
    ...endpoint.errors,
    ...(endpoint.isOpen ? [] : ["BW_UNAUTHORIZED"]),
    ...(endpoint.method === "GET" ? [] : ["BW_CROSS_SITE"]),
    ...(endpoint.query === NOTHING ? [] : ["BW_HTTP_QUERY"]),
    ...(endpoint.body === NOTHING ? [] : ["BW_HTTP_BODY"]),
    ...COMMON_ERRORS,
  ];
}

function json(schema: z.ZodType): Json {
  return { "application/json": { schema: jsonSchema(schema) } };
}

function parametersOf(schema: z.ZodType, where: "path" | "query"): Json[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(schema.shape).map(([name, field]) => ({
    name,
    in: where,
    required: where === "path" || !field.safeParse(undefined).success,
    schema: jsonSchema(field),
  }));
}

/** A schema on its own; a named one is referred to. */
function jsonSchema(schema: z.ZodType) {
  const name = apiRegistry.get(schema)?.id;
  if (name !== undefined) return { $ref: reference(name) };
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: "any", io: "input" });
  return rest;
}

function reference(id: string): string {
  return `#/components/schemas/${id}`;
}

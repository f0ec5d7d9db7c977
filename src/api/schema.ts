import { z } from "zod";

/** Everything that the admin API says and takes, by the name that it has in the OpenAPI document. */
export const apiRegistry = z.registry<{ id: string }>();

/** Registers a schema under its public name. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  apiRegistry.add(schema, { id });
  return schema;
}

/** Milliseconds since the epoch. */
export const instant = z.number().meta({ description: "Milliseconds since the epoch." });

export const macText = z.string().meta({ description: "MAC address.", examples: ["52:54:00:12:34:56"] });

/** Stands where an endpoint takes nothing. */
export const NOTHING = z.unknown();

export const errorSchema = named(
  "Error",
  z.object({
    error: z.object({
      code: z
        .string()
        .meta({ description: "Stable; programs go by this.", examples: ["BW_MACHINE_UNKNOWN"] }),
      message: z.string().meta({ description: "What happened." }),
      hint: z.string().meta({ description: "What to do about it." }),
    }),
  }),
);

/** What an endpoint takes and gives. */
export interface Endpoint<P, Q, B, R> {
  readonly method: "GET" | "POST" | "DELETE";
  /** With fastify's `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly params: z.ZodType<P>;
  readonly query: z.ZodType<Q>;
  readonly body: z.ZodType<B>;
  readonly response: z.ZodType<R>;
  /** Errors of its own, beside those that every endpoint may give. */
  readonly errors: readonly string[];
  /** Answers without a token: the login. */
  readonly isOpen: boolean;
}

/** An endpoint that takes nothing; others say what differs. */
export const PLAIN = { params: NOTHING, query: NOTHING, body: NOTHING, errors: [], isOpen: false } as const;

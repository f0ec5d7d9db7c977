#!/usr/bin/env node
// `npm run docs`: writes what is made of the code, docs/config.md. A unit test sees to it that this was done.

import { writeFileSync } from "node:fs";
import { configJsonSchema } from "../dist/config/json-schema.js";
import { configReference } from "../dist/config/reference.js";

writeFileSync("docs/config.md", configReference(configJsonSchema()));

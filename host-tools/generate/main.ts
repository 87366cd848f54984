// `npm run generate`: writes the generated files.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { print } from "../terminal/output";
import { GENERATED } from "./files";

for (const { path, make } of GENERATED) {
	const now = existsSync(path) ? readFileSync(path, "utf8") : "";
	const made = make(now);
	if (made !== now) writeFileSync(path, made);
	print(`${path}: ${made === now ? "is up to date" : "written"}`);
}

// The project's version, from package.json.
import { readFileSync } from "node:fs";
import { projectPath } from "./project";

export const VERSION: string = JSON.parse(readFileSync(projectPath("package.json"), "utf8")).version;

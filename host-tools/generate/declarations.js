// `npm run types`: declarations of the Node API and everything it refers to, in dist/types. Imports get the extension required
// by "nodenext".
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import ts from "typescript";

const ENTRY = "host-tools/api/index.ts";
const OUT = "dist/types";

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
const program = ts.createProgram([ENTRY], {
	...options,
	...{ noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: OUT, rootDir: "." },
});
rmSync(OUT, { recursive: true, force: true });
const { diagnostics } = program.emit(undefined, (file, text) => {
	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text.replaceAll(/(from |import\()"(\.[^"]*)"/g, '$1"$2.js"'));
});
if (diagnostics.length > 0) {
	console.error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
	process.exit(1);
}

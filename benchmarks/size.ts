// The kernel's bytes of code on RV32IMC at -O2: all kinds, without fast paths, and without each kind. Linked, as in a board's flash.
//
//     npm run bench -- size
import { requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { BEYOND_S4D, codeSize, KIND_NAMES, MAX_CODE_BYTES, without } from "./rv32/size";

await requireRv32Tools();
const FAST = "FAST_PATHS";
const all = codeSize();
const rows: [name: string, switches: readonly string[]][] = [
	[`without ${FAST}`, [FAST]],
	["S4D only", BEYOND_S4D],
	[`S4D only, without ${FAST}`, [...BEYOND_S4D, FAST]],
	...KIND_NAMES.map((name): [string, string[]] => [`without ${name}`, [name]]),
];
console.log(`at most ${MAX_CODE_BYTES} bytes of code with all kinds are aimed at`);
console.log("| build | code | saved | tables, error names | code of the objects, not linked |");
console.log("| --- | ---: | ---: | ---: | ---: |");
console.log(`| all kinds | ${all.code} | | ${all.tables} | ${all.objects} |`);
for (const [name, left] of rows) {
	const { code, tables, objects } = codeSize(without(left));
	console.log(`| ${name} | ${code} | ${all.code - code} | ${tables} | ${objects} |`);
}

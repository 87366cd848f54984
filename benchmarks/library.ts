// What classifying adds to an application on RV32IMC: own lines, flash by component, RAM beside the model. Two programs, one of which
// does nothing, are linked with XS as for a device, with the library; the other one runs and gives its result.
//
// Of the kernel such an application takes the kinds that its model needs (edge-ssm inspect MODEL --kinds); all kinds are measured too.
//
//     npm run bench -- library
import {
	closeSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readFileSync,
	rmSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { projectPath } from "../host-tools/files/project";
import { kindsLeftOut } from "../host-tools/measure/kinds";
import { type RomComponents, romComponents } from "../host-tools/measure/rom";
import { run } from "../host-tools/simulator/process";
import { rv32Command, rv32Partitions } from "../host-tools/simulator/rv32";
import { requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { fetchXS } from "../host-tools/simulator/xs-sources";
import { print, table } from "../host-tools/terminal/output";
import { readBlob } from "../src/blob/read";

const OUT = projectPath("build/rv32");
const HOST = projectPath("firmware/targets/host");
const MODULES = projectPath("firmware/modules");
const MODEL = "models/motion.essm";
/** At most. */
const AIMS = { lines: 15, flash: 24 * 1024, ram: 6 * 1024 };

/** Module names and files, in the order in which they are preloaded. */
const PLATFORM: [string, string][] = [
	["flash", `${HOST}/flash.js`],
	["edge-ssm/memory", `${MODULES}/essm-memory.js`],
];

const LIBRARY: [string, string][] = [
	["edge-ssm/partition", projectPath("firmware/library/partition/flash.js")],
	["edge-ssm/classifier", projectPath("firmware/library/classifier/classifier.js")],
];

/** Links `app` with the modules and returns the program. */
async function link(
	name: string,
	app: string,
	modules: readonly [string, string][],
	left: readonly string[] = [],
): Promise<string> {
	const program = join(OUT, `${name}.elf`);
	const { code, stderr } = await run("make", [
		...[
			"-C",
			projectPath("firmware/targets/rv32"),
			"-j2",
			`XS=${await fetchXS()}`,
			`APP=${app}`,
			`NAME=${name}`,
			`SWITCHES=${left.map((kind) => `-DESSM_WITHOUT_${kind}`).join(" ")}`,
		],
		`preloads=${[...modules.map(([module]) => module), "main"].join(" ")}`,
		`natives=${modules.map(([module, file]) => `${module}=${file}`).join(" ")}`,
		`../../../build/rv32/${name}.elf`,
	]);
	if (code !== 0) throw new Error(`${name} does not link:\n${stderr}`);
	return program;
}

const rom = (program: string): RomComponents => romComponents(readFileSync(`${program}.map`, "utf8"));

/** What the program logs, with the model in one partition and samples in the other. */
async function logOf(program: string): Promise<string[]> {
	const folder = mkdtempSync(join(OUT, "library-"));
	const flashFile = join(folder, "flash.bin");
	try {
		const { program: qemu, args } = rv32Command(program, { flashFile }); // creates the file
		const flash = openSync(flashFile, "r+");
		for (const [i, file] of [MODEL, "examples/recordings/swipe.dat"].entries())
			writeSync(flash, readFileSync(projectPath(file)), 0, null, rv32Partitions[i]!.offset);
		closeSync(flash);
		const { code, stderr } = await run(qemu, args);
		if (code !== 0) throw new Error(`${program} ended with code ${code}: ${stderr}`);
		return stderr.trim().split("\n");
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The application with the memory that it takes logged at its end, garbage collected. */
function measured(name: string, app: string): string {
	const file = join(OUT, `${name}-measured.js`);
	const code = readFileSync(app, "utf8").replace("export default function ()", "let kept;\nfunction start()");
	writeFileSync(
		file,
		`import { collectGarbage, memory } from "edge-ssm/memory";
${code.replace("const classifier =", "const classifier = kept =")}
export default function () {
	start();
	Promise.resolve().then(() => {
		collectGarbage();
		const m = memory();
		log("bytes " + ((m.slotsUsed - m.slotsAtStart) * m.slotBytes + m.chunkBytesUsed - m.chunkBytesAtStart));
	});
}
`,
	);
	return file;
}

await requireRv32Tools();
mkdirSync(OUT, { recursive: true });
const apps = ["nothing", "classify"].map((name) => projectPath(`benchmarks/rv32/${name}-app.js`));
const [nothing, classify] = apps as [string, string];
const all = [...PLATFORM, ...LIBRARY];
const before = rom(await link("library-nothing", nothing, PLATFORM));
const left = kindsLeftOut(readBlob(readFileSync(projectPath(MODEL))));
const everyKind = rom(await link("library-classify-all", classify, all));
const after = rom(await link("library-classify", classify, all, left));
const log = await logOf(join(OUT, "library-classify.elf"));
print(`left out of the kernel: ${left.join(", ")}`);
const bytes = async (name: string, app: string, modules: readonly [string, string][]) => {
	const lines = await logOf(await link(`library-${name}-ram`, measured(name, app), modules));
	return Number(lines.find((line) => line.startsWith("bytes "))?.slice(6));
};
const ram = (await bytes("classify", classify, all)) - (await bytes("nothing", nothing, PLATFORM));

const lines = readFileSync(classify, "utf8").trim().split("\n").length;
const flash = after.total - before.total;
const ofAll = everyKind.total - before.total;
const row = (part: keyof RomComponents) => [after[part] - before[part], everyKind[part] - before[part]];

print(`${MODEL}: ${log.join("; ")}`);
print(
	table([
		["an application that classifies adds", "kinds of its model", "all kinds", "at most"],
		["own lines", lines, lines, AIMS.lines],
		["flash, bytes", flash, ofAll, AIMS.flash],
		...(Object.keys(after) as (keyof RomComponents)[])
			.filter((part) => part !== "total" && after[part] !== before[part])
			.map((part): (string | number)[] => [`  ${part}`, ...row(part), ""]),
		["RAM beside the arena, bytes", ram, ram, AIMS.ram],
	]),
);
const missed = Object.entries({ lines, flash, ram }).filter(
	([name, value]) => !(value <= AIMS[name as keyof typeof AIMS]),
);
if (missed.length > 0) {
	print(`beyond what is aimed at: ${missed.map(([name]) => name).join(", ")}`);
	process.exitCode = 1;
}

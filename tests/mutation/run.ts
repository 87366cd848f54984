// `npm run mutants`: puts one fault after the other into a copy of the kernel and asks it all cases; what still answers rightly goes
// through the sanitizers, and is built with few kinds. Prints each mutant's fate and the score. `npm run mutants -- "essm_s[45]"`:
// in files of such names alone.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { BEYOND_S4D, without } from "../../benchmarks/rv32/size";
import { randomBlob, randomS5Blob } from "../support/hostile-blob";
import { randomSamples } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";
import { RULE_BREAKERS } from "../support/rule-breakers";
import { fewKindsCases, kernelCases } from "./cases";
import { KERNEL_MUTANTS, type Mutant } from "./kernel-mutants";
import { typescriptMutants } from "./typescript";

const FOLDER = resolve("build/mutation");
const COPY = join(FOLDER, "kernel");
const LIMIT = 300_000;
const FUZZER = ["fuzz/fuzz.c", "fuzz/draw.c", "fuzz/room.c"];
/** The kernel built in one way: objects of it without a fault, and of what a fault is compiled into. */
interface Build {
	flags: string[];
	good: string;
	faulty: string;
}
const FLAGS = ["-std=c99", "-w", "-O1"];
const build = (name: string, flags: string[]): Build => ({
	flags: [...FLAGS, ...flags],
	good: join(FOLDER, `${name}-good`),
	faulty: join(FOLDER, `${name}-faulty`),
});
const PLAIN = build("plain", ["-ffreestanding", "-fno-builtin", "-fPIC"]);
const FEW = build("few", ["-ffreestanding", "-fno-builtin", "-fPIC", ...without(BEYOND_S4D)]);
const SANITIZED = build("sanitized", [
	"-fsanitize=address,undefined",
	"-fno-sanitize-recover=all",
	"-DESSM_REPLAY",
]);

/** Runs a program; the first line that it says when it does not end well, or undefined. */
function complaint(program: string, args: string[], cwd = FOLDER): string | undefined {
	const { status, signal, stdout, stderr } = spawnSync(program, args, {
		encoding: "utf8",
		timeout: LIMIT,
		cwd,
	});
	if (status === 0) return undefined;
	const said = `${stdout}${stderr}`.split("\n").find((line) => /error|broken|call|ERROR/.test(line));
	return said?.trim() ?? `ended by ${signal ?? `status ${status}`}`;
}

/** Compiles sources of COPY and links them with the other good objects. */
function link({ flags, good, faulty }: Build, changed: string[], output: string, more: string[] = []) {
	rmSync(faulty, { recursive: true, force: true });
	mkdirSync(faulty);
	const compiled = [...flags, "-c", ...changed.map((file) => join(COPY, file))];
	const complained = changed.length > 0 ? complaint("cc", compiled, faulty) : undefined;
	if (complained) return `compiler: ${complained}`;
	const objects = readdirSync(faulty);
	const others = readdirSync(good).filter((name) => !objects.includes(name));
	const paths = [...objects.map((name) => join(faulty, name)), ...others.map((name) => join(good, name))];
	return complaint("cc", [...flags, ...more, ...paths, "-o", output]);
}

/** What notices the kernel in COPY, of which these sources differ from what was built first, or undefined. */
function noticed(changed: string[]): string | undefined {
	const library = join(FOLDER, "libessm.so");
	const replay = join(FOLDER, "replay");
	const ask = (cases: string) =>
		complaint(process.execPath, [join(FOLDER, "ask.js"), library, join(FOLDER, cases)]);
	return (
		link(PLAIN, changed, library, ["-shared"]) ??
		ask("cases") ??
		link(SANITIZED, changed, replay) ??
		complaint(replay, files) ??
		link(FEW, changed, library, ["-shared"]) ??
		ask("few")
	);
}

function withMutant({ file, find, replace }: Mutant): string | undefined {
	const path = join(COPY, file);
	const good = readFileSync(path, "utf8");
	if (good.split(find).length !== 2) throw new Error(`${file} does not have once: ${find}`);
	writeFileSync(
		path,
		good.replace(find, () => replace),
	);
	try {
		return noticed(file.endsWith(".c") ? [file] : sources);
	} finally {
		writeFileSync(path, good);
	}
}

if (process.argv[2] === "typescript") {
	typescriptMutants(process.argv[3], process.argv[4] === undefined ? undefined : Number(process.argv[4]));
	process.exit();
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(join(FOLDER, "inputs"), { recursive: true });
cpSync("firmware/kernel", COPY, { recursive: true });
const sources = readdirSync(COPY).filter((name) => name.endsWith(".c"));
for (const { flags, good } of [PLAIN, SANITIZED, FEW]) {
	mkdirSync(good);
	const all = good === SANITIZED.good ? [...sources, ...FUZZER] : sources;
	execFileSync("cc", [...flags, "-c", ...all.map((file) => join(COPY, file))], { cwd: good });
}
for (const [name, cases] of [
	["cases", kernelCases()],
	["few", fewKindsCases()],
] as const)
	writeFileSync(join(FOLDER, name), cases.map((one) => `${JSON.stringify(one)}\n`).join(""));
buildSync({
	entryPoints: ["tests/mutation/ask.ts"],
	bundle: true,
	platform: "node",
	format: "esm",
	packages: "external",
	outfile: join(FOLDER, "ask.js"),
});
const draws = [
	randomBlob,
	randomS5Blob,
	(seed: number, heads?: number) => randomBlob(seed, heads, randomLayerNorms),
	(seed: number, heads?: number) => randomBlob(seed, heads, randomRmsNorms),
];
const blobs = Array.from({ length: 48 }, (_, i) => draws[i % 4]!(i + 1, i > 40 ? i - 10 : undefined));
const files = [...blobs, ...RULE_BREAKERS.map(([, , , make]) => make())].map((blob, i) => {
	const file = join(FOLDER, "inputs", `${i}`);
	writeFileSync(file, Buffer.concat([blob, new Uint8Array(randomSamples(i, 40, 6).buffer)]));
	return file;
});

const wrong = noticed([]);
if (wrong) throw new Error(`the kernel without a fault: ${wrong}`);
const only = new RegExp(process.argv[2] ?? "");
const chosen = KERNEL_MUTANTS.filter(({ file }) => only.test(file));
let [survived, same] = [0, 0];
for (const mutant of chosen) {
	const by = withMutant(mutant);
	const what = `${mutant.file}: ${mutant.find.split("\n")[0]} -> ${mutant.replace.split("\n")[0]}`;
	if (by && mutant.same) throw new Error(`${what} does change an answer: ${by}`);
	if (by) console.log(`noticed   ${what}\n            ${by}`);
	else if (mutant.same) {
		same++;
		console.log(`the same  ${what}\n            ${mutant.same}`);
	} else {
		survived++;
		console.log(`SURVIVED  ${what}`);
	}
}
const all = chosen.length - same;
const score = ((100 * (all - survived)) / all).toFixed(1);
console.log(
	`${all - survived} of ${all} noticed (${score} %); ${same} more change no answer, the list says why`,
);
process.exitCode = survived > 0 ? 1 : 0;

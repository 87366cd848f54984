// `npm run mutants`: puts one fault after the other into a copy of the kernel and asks it all cases; what still answers rightly goes
// through the sanitizers. Prints each mutant's fate and the score.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { randomBlob, randomS5Blob } from "../support/hostile-blob";
import { randomSamples } from "../support/random-network";
import { randomLayerNorms, randomRmsNorms } from "../support/random-norms";
import { RULE_BREAKERS } from "../support/rule-breakers";
import { kernelCases } from "./cases";
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
	const ask = [join(FOLDER, "ask.js"), library, join(FOLDER, "cases")];
	const wrong = link(PLAIN, changed, library, ["-shared"]) ?? complaint(process.execPath, ask);
	if (wrong) return wrong;
	const replay = join(FOLDER, "replay");
	return link(SANITIZED, changed, replay) ?? complaint(replay, files);
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
for (const { flags, good } of [PLAIN, SANITIZED]) {
	mkdirSync(good);
	const all = good === SANITIZED.good ? [...sources, ...FUZZER] : sources;
	execFileSync("cc", [...flags, "-c", ...all.map((file) => join(COPY, file))], { cwd: good });
}
writeFileSync(
	join(FOLDER, "cases"),
	kernelCases()
		.map((one) => `${JSON.stringify(one)}\n`)
		.join(""),
);
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
const only = process.argv[2];
const chosen = KERNEL_MUTANTS.filter(({ file, find }) => !only || file.includes(only) || find.includes(only));
let survived = 0;
let unexplained = 0;
for (const mutant of chosen) {
	const by = withMutant(mutant);
	const what = `${mutant.file}: ${mutant.find.split("\n")[0]} -> ${mutant.replace.split("\n")[0]}`;
	if (by) console.log(`noticed   ${what}\n            ${by}`);
	else {
		survived++;
		if (!mutant.explained) unexplained++;
		console.log(`SURVIVED  ${what}${mutant.explained ? `\n            ${mutant.explained}` : ""}`);
	}
}
const caught = chosen.length - survived;
const score = ((100 * caught) / chosen.length).toFixed(1);
console.log(
	`${caught} of ${chosen.length} noticed (${score} %); of ${survived} that survive ${unexplained} are not explained`,
);
process.exitCode = unexplained > 0 ? 1 : 0;

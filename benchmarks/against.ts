// Speed of the trainer next to that of another checkout of the project, built: processor time of an epoch of the same run, both in
// turns so that other work on the machine weighs on both alike. The second and third epoch count, the start does not.
//
//     npm run bench -- against FOLDER --data DIR --recipe FILE [OPTIONS OF TRAIN]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { projectPath } from "../host-tools/files/project";
import { run } from "../host-tools/simulator/process";
import { print, say, table } from "../host-tools/terminal/output";

const ROUNDS = 5;
const [other, ...options] = process.argv.slice(2);
if (other === undefined || options.length === 0) {
	say("error: npm run bench -- against FOLDER --data DIR --recipe FILE [OPTIONS OF TRAIN].");
	process.exit(1);
}

/** Loaded before the command line: prints the processor time of all threads when the process ends. */
const TIMER = `data:text/javascript,import{isMainThread}from"node:worker_threads";if(isMainThread)process.on("exit",()=>{
	const{user,system}=process.cpuUsage();process.stderr.write("\\nmicroseconds "+(user+system)+"\\n")})`;

const out = mkdtempSync(join(tmpdir(), "essm-against-"));

/** Seconds of processor time of `train` with so many epochs, by the build in `folder`. */
async function seconds(folder: string, epochs: number): Promise<number> {
	const output = join(out, options.includes("--quantize") ? "x.essm" : "x.safetensors");
	const args = [
		"train",
		...options,
		"--epochs",
		`${epochs}`,
		"--validation",
		"0",
		"--threads",
		"1",
		"-o",
		output,
	];
	const { code, stderr } = await run(process.execPath, [
		"--import",
		TIMER,
		join(folder, "dist/cli.js"),
		...args,
	]);
	const told = /^microseconds (\d+)$/m.exec(stderr);
	if (code !== 0 || !told) throw new Error(`train of ${folder} ended with code ${code}: ${stderr}`);
	return Number(told[1]) / 1e6;
}

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

try {
	const folders = [resolve(other), projectPath("")];
	const epochs: number[][] = folders.map(() => []);
	for (let round = 0; round < ROUNDS; round++)
		for (const [i, folder] of folders.entries())
			epochs[i]!.push(((await seconds(folder, 3)) - (await seconds(folder, 1))) / 2);
	const [before, now] = epochs as [number[], number[]];
	const ratios = now.map((time, i) => time / before[i]!);
	const row = (name: string, times: number[]) => [
		name,
		...times.map((time) => time.toFixed(2)),
		middle(times).toFixed(2),
	];
	const rounds = Array.from({ length: ROUNDS }, (_, i) => `${i + 1}`);
	print(
		table([
			["seconds per epoch, by round", ...rounds, "median"],
			row("the other checkout", before),
			row("this one", now),
			row("ratio", ratios),
		]),
	);
} finally {
	rmSync(out, { recursive: true, force: true });
}

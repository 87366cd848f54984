// The five commands of docs/GESTURES.md, from recordings in CSV to results on the simulated board, with the time of each. The recordings are
// those of five people of the built-in set: npm run bench -- gestures [FOLDER]. Then a sixth person as one long recording with labels, and the
// pictures of the page, which are written into docs/pictures.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sequence } from "../host-tools/datasets/dataset";
import { motion } from "../host-tools/datasets/motion";
import { targetKind } from "../host-tools/datasets/targets";

const PEOPLE = 5;
const LABELS = { 0: "rest", 1: "walk", 3: "shake", 4: "circle" };
/** People of the built-in set have eight rows in turn, one of each label. */
const ROWS = 8;
const ALL_PEOPLE = 40;

/** One recording a person and label: its rows one after another, with times in milliseconds. */
function writeRecordings(folder: string): number {
	const data = motion({ split: "train" });
	const strata = targetKind(data.targets).strata(data.targets);
	let count = 0;
	for (let person = 0; person < PEOPLE; person++)
		for (const [label, name] of Object.entries(LABELS)) {
			const lines = [["time (ms)", ...data.channelNames!].join(",")];
			for (let row = 0; row < data.count; row++) {
				if (Math.floor(row / ROWS) % ALL_PEOPLE !== person || strata[row] !== Number(label)) continue;
				const values = sequence(data, row);
				for (let t = 0; t < data.T; t++)
					lines.push([20 * (lines.length - 1), ...values.subarray(6 * t, 6 * t + 6)].join(","));
			}
			writeFileSync(join(folder, `${name}-${person + 1}.csv`), `${lines.join("\n")}\n`);
			count++;
		}
	return count;
}

/** The rows of one person one after another, in the order they were made, with their labels. */
function writeLong(path: string, person: number): void {
	const data = motion({ split: "train" });
	const strata = targetKind(data.targets).strata(data.targets);
	const lines = [["time (ms)", "label", ...data.channelNames!].join(",")];
	for (let row = 0; row < data.count; row++) {
		const name = LABELS[strata[row] as keyof typeof LABELS];
		if (Math.floor(row / ROWS) % ALL_PEOPLE !== person || name === undefined) continue;
		const values = sequence(data, row);
		for (let t = 0; t < data.T; t++)
			lines.push([20 * (lines.length - 1), name, ...values.subarray(6 * t, 6 * t + 6)].join(","));
	}
	writeFileSync(path, `${lines.join("\n")}\n`);
}

/** Charts of the report, in colours of their own where they stand alone. */
function writePictures(report: string): void {
	const pictures = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
	mkdirSync(pictures, { recursive: true });
	const style =
		"<style>:root{color:#1b1f26;background:#fff}@media(prefers-color-scheme:dark){:root{color:#e6e9ee;background:#14171c}}</style>";
	for (const name of ["front", "confusion"]) {
		const svg = readFileSync(join(report, `${name}.svg`), "utf8");
		const own = svg
			.replace(/^<svg [^>]*>/, `$&${style}`)
			// Of marks: an image has its text in the page.
			.replace(/ (?:role="graphics-\w+"|aria-\w+="[^"]*"(?! style=))/g, "");
		writeFileSync(join(pictures, `gestures-${name}.svg`), `${own}\n`);
	}
}

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "gestures-"));
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
mkdirSync(join(folder, "recordings"), { recursive: true });
console.log(`${writeRecordings(join(folder, "recordings"))} recordings in ${join(folder, "recordings")}`);
const COMMANDS = [
	"window recordings --group-from -(\\d+) --length 2s --hop 1s -o data",
	"data data -o data.html",
	"train --data data --auto --flash 4K --ram 1K -o gesture.essm",
	"evaluate gesture.essm --data data",
	"simulate gesture.essm --data data --limit 5",
];
const FURTHER = [
	"evaluate gesture.essm --data long.csv --stream",
	"report gesture.essm --data data --checkpoint gesture.safetensors -o report",
];

/** @returns seconds */
function run(command: string): number {
	const begun = performance.now();
	console.log(`\n$ npx edge-ssm ${command}`);
	const { status } = spawnSync(process.execPath, [cli, ...command.split(" ")], {
		cwd: folder,
		stdio: ["ignore", "inherit", "ignore"],
	});
	if (status !== 0) throw new Error(`edge-ssm ${command} failed`);
	const seconds = (performance.now() - begun) / 1000;
	console.log(`(${seconds.toFixed(1)} s)`);
	return seconds;
}

const total = COMMANDS.reduce((sum, command) => sum + run(command), 0);
console.log(`\n${COMMANDS.length} commands, ${(total / 60).toFixed(1)} minutes`);

writeLong(join(folder, "long.csv"), PEOPLE);
for (const command of FURTHER) run(command);
writePictures(join(folder, "report"));

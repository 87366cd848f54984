// Reads a folder of idx files such as MNIST and Fashion-MNIST: one image is one sequence, one pixel per step, row by row; or
// one row per step and one channel per column.
// The format: http://yann.lecun.com/exdb/mnist (big-endian magic 0x0000 08 <dimensions>, sizes, then bytes).
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../terminal/errors";
import type { Dataset } from "./dataset";
import { checkDataset, checkSize, type OpenOptions, readBounded } from "./source";
import { drawRows } from "./split";
import { labelledTargets } from "./targets";

const PREFIX = { train: "train", test: "t10k" };
const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** Path of an idx file in `folder`, compressed or not, or undefined. */
function find(folder: string, split: "train" | "test", kind: string): string | undefined {
	const name = join(folder, `${PREFIX[split]}-${kind}-ubyte`);
	return [name, `${name}.gz`].find(existsSync);
}

/** Whether the folder holds idx images of either split. */
export function isIdxFolder(folder: string): boolean {
	return (find(folder, "train", "images-idx3") ?? find(folder, "test", "images-idx3")) !== undefined;
}

/** The idx folder of `source`, "FOLDER/rows", to be read by rows; undefined for any other source. */
export function idxFolderOfRows(source: string): string | undefined {
	const folder = dirname(source);
	return basename(source) === "rows" && !existsSync(source) && isIdxFolder(folder) ? folder : undefined;
}

/** Sizes and bytes of one idx file of unsigned bytes with `rank` dimensions; its length must fit exactly. */
function readIdx(path: string, rank: number): { sizes: number[]; data: Buffer } {
	const bytes = readBounded(path);
	const header = 4 + 4 * rank;
	if (bytes.length < header || bytes.readUInt32BE(0) !== 0x0800 + rank)
		throw new UserError(`The file ${path} is not an idx file of unsigned bytes in ${rank} dimensions.`);
	const sizes = Array.from({ length: rank }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
	const expected = header + sizes.reduce((product, size) => product * size, 1);
	if (bytes.length !== expected)
		throw new UserError(
			`The file ${path} has ${bytes.length} bytes, but its header (${sizes.join(" x ")}) requires ${expected}.`,
		);
	return { sizes, data: bytes.subarray(header) };
}

/** One split of an idx folder, by pixels (T = rows * columns, one channel) or by rows; value = pixel / 255, ten classes. */
export function readIdxFolder(
	folder: string,
	split: "train" | "test",
	options: OpenOptions = {},
	by: "pixels" | "rows" = "pixels",
): Dataset {
	const [imagesPath, labelsPath] = ["images-idx3", "labels-idx1"].map((kind) => {
		const path = find(folder, split, kind);
		if (path) return path;
		throw new UserError(`The folder ${folder} has no ${PREFIX[split]}-${kind}-ubyte or its .gz.`);
	}) as [string, string];
	const images = readIdx(imagesPath, 3);
	const labels = readIdx(labelsPath, 1);
	const [total, rows, columns] = images.sizes as [number, number, number];
	if (labels.sizes[0] !== total)
		throw new UserError(
			`${imagesPath} has ${total} images, but ${labelsPath} has ${labels.sizes[0]} labels.`,
		);
	const name = basename(resolve(folder)) + (by === "rows" ? "-rows" : "");
	const [T, channels] = by === "rows" ? [rows, columns] : [rows * columns, 1];
	const pixels = rows * columns;
	const { rows: chosen, drawn } = drawRows(labels.data, options);
	checkSize(name, chosen.length, T, channels);
	const values = new Float32Array(chosen.length * pixels);
	chosen.forEach((row, i) => {
		for (let p = 0; p < pixels; p++) values[i * pixels + p] = images.data[row * pixels + p]! / 255;
	});
	return checkDataset({
		name,
		split,
		channels,
		T,
		count: chosen.length,
		values,
		targets: labelledTargets(
			name,
			DIGITS,
			Uint8Array.from(chosen, (row) => labels.data[row]!),
			options.targets,
		),
		lengths: new Uint32Array(chosen.length).fill(T),
		...(drawn && { drawn }),
	});
}

// Reads the files of "Human Activity Recognition Using Smartphones" (UCI 240) as in its archive: a text file per channel with
// one line of 128 numbers per window, and one with the labels. The 561 computed features are not read.
import { toNumber } from "../recordings/numbers";
import { UserError } from "../terminal/errors";
import type { Row } from "./sequences";

const FOLDER = "UCI HAR Dataset";
const ACTIVITIES = ["WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING"];
/** In g, rad/s and g. */
const CHANNELS = ["body_acc", "body_gyro", "total_acc"].flatMap((s) =>
	["x", "y", "z"].map((a) => `${s}_${a}`),
);

const pathOf = (split: string, channel: string) =>
	`${FOLDER}/${split}/Inertial Signals/${channel}_${split}.txt`;
const labelsOf = (split: string) => `${FOLDER}/${split}/y_${split}.txt`;

/** Whether a file of the archive is needed. */
export function isHarFile(path: string): boolean {
	return ["train", "test"].some(
		(split) => path === labelsOf(split) || CHANNELS.some((channel) => path === pathOf(split, channel)),
	);
}

const lines = (text: string) => text.trim().split("\n");

/** The windows of one split in order, classes by name. @param file text by path in the archive */
export function parseHar(file: (path: string) => string, split: "train" | "test"): Row[] {
	const labels = lines(file(labelsOf(split)));
	const rows: Row[] = labels.map((text, i) => {
		const label = ACTIVITIES[Number(text) - 1];
		const where = `Window ${i} of ${split}`;
		if (label === undefined)
			throw new UserError(`${where} has the label "${text.trim()}"; 1 to 6 are known.`);
		return { label, where, channels: CHANNELS.length, values: [], channelNames: CHANNELS };
	});
	CHANNELS.forEach((channel, c) => {
		const windows = lines(file(pathOf(split, channel)));
		if (windows.length !== rows.length)
			throw new UserError(
				`${pathOf(split, channel)} has ${windows.length} windows where there are ${rows.length} labels.`,
			);
		windows.forEach((line, i) => {
			const { values, where } = rows[i]!;
			const fields = line.trim().split(/\s+/);
			if (c > 0 && fields.length * CHANNELS.length !== values.length)
				throw new UserError(
					`${where} has ${fields.length} steps in ${channel}, but other channels have more or fewer.`,
				);
			if (c === 0) values.length = fields.length * CHANNELS.length;
			fields.forEach((field, t) => {
				values[t * CHANNELS.length + c] = toNumber(field, where, t, c);
			});
		});
	});
	return rows;
}

/** The order of classes. */
export const HAR_CLASSES = ACTIVITIES;

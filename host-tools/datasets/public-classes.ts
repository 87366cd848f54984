// Public classification data sets with an official download: their addresses, known checksums, and conversion of their
// archives. Fetches and writes nothing; the command `dataset` does.
import { createHash } from "node:crypto";
import { UserError } from "../terminal/errors";
import { readZip } from "./archive";
import { type Classes, classCounts, classTargets } from "./classes";
import type { Dataset } from "./dataset";
import { HAR_CLASSES, isHarFile, parseHar } from "./har";
import { packedValues } from "./packed";
import { assemble, checkRows, type Row, sortNames } from "./sequences";
import { parseTs } from "./ts";

/** A set of exactly the files that `--data` reads. */
export interface FileSet {
	about: string;
	/** Folders on servers, tried in this order. */
	mirrors: string[];
	/** Of the files as downloaded (packed), or of their content, which survives repacking. */
	sumOf: "packed" | "content";
	algorithm: "md5" | "sha256";
	/** Checksum of each file in hexadecimal. */
	files: Record<string, string>;
}

export const FILE_SETS: Record<string, FileSet> = {
	mnist: {
		about: "handwritten digits, 28 x 28 (LeCun, Cortes, Burges; CC BY-SA 3.0)",
		mirrors: [
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
		],
		sumOf: "content",
		algorithm: "sha256",
		files: {
			"train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
			"train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
			"t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
			"t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
		},
	},
	"fashion-mnist": {
		about: "articles of clothing, 28 x 28 (Zalando Research; MIT)",
		mirrors: [
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		],
		sumOf: "packed",
		algorithm: "md5",
		files: {
			"train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
			"train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
			"t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
			"t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
		},
	},
};

/** A set in one zip archive, to be converted. */
export interface ArchiveSet {
	about: string;
	/** Addresses of the archive, tried in this order. */
	urls: string[];
	/** Sequences of each class in each split; an archive with others is refused. */
	counts: { train: number[]; test: number[] };
	/** SHA-256 of each split's packed values, where known: they survive repacking. */
	values?: { train: string; test: string };
	/** Sampling rate in Hz. */
	rate?: number;
	/** Names of classes in order, where the archive only numbers them. */
	classes?: string[];
	/** Files of the archive to read, and their content; `file` gives a text by its path. */
	wanted: (path: string) => boolean;
	read: (file: (path: string) => string, split: "train" | "test") => Row[];
}

/** A set of timeseriesclassification.com: NAME_TRAIN.ts and NAME_TEST.ts in NAME.zip. */
function ucr(name: string, set: Omit<ArchiveSet, "urls" | "wanted" | "read">): ArchiveSet {
	const fileOf = (split: "train" | "test") => `${name}_${split.toUpperCase()}.ts`;
	return {
		...set,
		urls: [
			`https://timeseriesclassification.com/aeon-toolkit/${name}.zip`,
			`https://www.timeseriesclassification.com/aeon-toolkit/${name}.zip`,
		],
		wanted: (path) => path === fileOf("train") || path === fileOf("test"),
		read: (file, split) => parseTs(file(fileOf(split)), fileOf(split)),
	};
}

export const ARCHIVE_SETS: Record<string, ArchiveSet> = {
	"uci-har": {
		about: "activities, waist phone, 9 channels (Anguita et al. 2013; CC BY 4.0; cite)",
		urls: [
			"https://archive.ics.uci.edu/static/public/240/human+activity+recognition+using+smartphones.zip",
			"https://archive.ics.uci.edu/ml/machine-learning-databases/00240/UCI%20HAR%20Dataset.zip",
		],
		counts: { train: [1226, 1073, 986, 1286, 1374, 1407], test: [496, 471, 420, 491, 532, 537] },
		rate: 50,
		classes: HAR_CLASSES,
		wanted: isHarFile,
		read: parseHar,
	},
	basicmotions: ucr("BasicMotions", {
		about: "badminton, running, standing, walking; smartwatch (UEA archive; research, cite)",
		counts: { train: [10, 10, 10, 10], test: [10, 10, 10, 10] },
		values: {
			train: "1ce37c0a363fd2f766677392397456e903265ae5ba7b5ea01e64ad46dacb5ae8",
			test: "cd3012c7bf5a98e852b8e6c8f8b7e4ef1208e32a9188a093c3919bee8029aa27",
		},
		rate: 10,
	}),
	ecg5000: ucr("ECG5000", {
		about: "heart beats, 5 classes (UCR archive, from PhysioNet chf07; research, cite)",
		counts: { train: [292, 177, 10, 19, 2], test: [2627, 1590, 86, 175, 22] },
		classes: ["N", "R-on-T PVC", "PVC", "SP/EB", "UB"],
	}),
	epilepsy: ucr("Epilepsy", {
		about: "mimicked seizures and other movements, wrist (UEA archive; research, cite)",
		counts: { train: [34, 36, 30, 37], test: [34, 37, 30, 37] },
		values: {
			train: "07463b39ee84336cbf730102301a0d8bdbcb7daf03b7be1f618de93e246e16e0",
			test: "04633b53f51cb20d8aa4e94e9032b7c6e3d01e6f4e0822bbd3c5d1f5d28caaef",
		},
		rate: 16,
	}),
	japanesevowels: ucr("JapaneseVowels", {
		about: "nine speakers, 12 cepstra, 7 to 29 steps (UEA archive; research, cite)",
		counts: {
			train: [30, 30, 30, 30, 30, 30, 30, 30, 30],
			test: [31, 35, 88, 44, 29, 24, 40, 50, 29],
		},
		values: {
			train: "1582de439b9e5d9501f569973fc802a5ed4782d4a96e46cdc65845b74e52b879",
			test: "b873a38a2421caa20baa20f0d13641385ebee929095da2700b6342e1b9453df4",
		},
	}),
	racketsports: ucr("RacketSports", {
		about: "badminton and squash strokes, smartwatch (UEA archive; research, cite)",
		counts: { train: [43, 39, 34, 35], test: [43, 40, 34, 35] },
		values: {
			train: "0b4dbf82c0ae9d4b53bdb8efe5a6eea962dc6075c6c0a0eba340ca730ef57458",
			test: "db7ceadb09d5d79f831ec306d6ec45079c059097cb438f2c401220544e7e5994",
		},
		rate: 10,
	}),
};

/** Both splits of an archived set. */
export interface Unpacked {
	train: Dataset;
	test: Dataset;
	/** Whether the values match the known checksums; undefined when there are none. */
	known: boolean | undefined;
}

/**
 * Content of an archive, checked for the set's sequences and labels.
 *
 * @param onFile called before each file is read, with the number of files read and their total
 * @throws UserError when it is damaged or a different one
 */
export function unpackSet(
	name: string,
	archive: Uint8Array,
	onFile?: (done: number, of: number) => void,
): Unpacked {
	const set = ARCHIVE_SETS[name]!;
	const files = readZip(archive, `The archive of ${name}`, set.wanted);
	let done = 0;
	const file = (path: string) => {
		const text = files.get(path);
		if (text === undefined) throw new UserError(`The archive has no file "${path}"; it is a different one.`);
		onFile?.(done++, files.size);
		return text;
	};
	const rows = { train: set.read(file, "train"), test: set.read(file, "test") };
	const all = [...rows.train, ...rows.test];
	checkRows(name, all);
	const found = sortNames(new Set(all.flatMap(({ label = [] }) => label)));
	// Names of numbered classes are in the order of the numbers; named classes define the order themselves.
	const numbered = found.every((label) => /^\d+$/.test(label));
	const order = numbered ? found : (set.classes ?? found);
	const split = (which: "train" | "test"): Dataset => {
		const data = assemble(name, which, order, rows[which]);
		const targets = data.targets as Classes;
		const counts = classCounts(targets);
		if (counts.join() !== set.counts[which].join())
			throw new UserError(
				`The archive of ${name} has ${counts.join(", ")} sequences of its classes in ${which}, where the published set has ${set.counts[which].join(", ")}; it is a different one.`,
			);
		return {
			...data,
			targets: classTargets(name, set.classes ?? order, targets.of),
			...(set.rate === undefined ? {} : { rate: set.rate }),
		};
	};
	const [train, test] = [split("train"), split("test")];
	const sum = (data: Dataset) =>
		createHash("sha256")
			.update(packedValues(data, Math.max(train.T, test.T)))
			.digest("hex");
	return {
		train,
		test,
		known: set.values && sum(train) === set.values.train && sum(test) === set.values.test,
	};
}

// Writes data sets as .ts files, for tests of what reads them.
import { type Dataset, sequence } from "../../host-tools/datasets/dataset";

/** The split as a .ts file: floats in the shortest form that reads back as the same float32. */
export function toTs(data: Dataset): string {
	const lines = [
		"#made by a test",
		"@problemName X",
		"@timeStamps false",
		"@missing false",
		"@classLabel true",
		"@data",
	];
	for (let i = 0; i < data.count; i++) {
		const values = sequence(data, i);
		const channels = Array.from({ length: data.channels }, (_, c) =>
			values.filter((_, k) => k % data.channels === c).join(","),
		);
		lines.push(`${channels.join(":")}:${data.targets.names[data.targets.of[i]!]}`);
	}
	return `${lines.join("\n")}\n`;
}

// Flash used by the firmware, by component, from the linker map of the rv32 target. Counts bytes in ROM, including initial
// values of variables; reads no other map.

/** Bytes of ROM by purpose, summing to `total`. */
export interface RomComponents {
	/** The XS engine. */
	engine: number;
	/** Built-ins and the application, preloaded. */
	application: number;
	kernel: number;
	/** Bindings, event loop, drivers. */
	platform: number;
	libraries: number;
	/** Padding between objects minus strings merged by the linker: may be negative. */
	padding: number;
	total: number;
}

const IN_ROM = ["text", "rodata", "data"];

function componentOf(path: string): Exclude<keyof RomComponents, "padding" | "total"> {
	const file = path.replace(/^.*\//, "");
	if (path.includes(".a(")) return "libraries";
	if (file === "rom.o") return "application";
	if (file.startsWith("essm_")) return "kernel";
	if (file.startsWith("xs")) return "engine";
	return "platform";
}

/** @param map what the linker's -Map writes */
export function romComponents(map: string): RomComponents {
	const sums: RomComponents = {
		engine: 0,
		application: 0,
		kernel: 0,
		platform: 0,
		libraries: 0,
		padding: 0,
		total: 0,
	};
	let inRom = false;
	// an output section starts at column 0; an object's contribution is "ADDRESS SIZE FILE" at the end of a line
	for (const line of map.slice(map.indexOf("Linker script and memory map")).split("\n")) {
		const section = /^\.(\S+) +0x[0-9a-f]+ +0x([0-9a-f]+)/.exec(line);
		if (/^\S/.test(line)) inRom = false;
		if (section && IN_ROM.includes(section[1]!)) {
			inRom = true;
			sums.total += Number.parseInt(section[2]!, 16);
		}
		const part = / 0x[0-9a-f]+ +0x([0-9a-f]+) (\S.*\.o\)?)$/.exec(line);
		if (inRom && part) sums[componentOf(part[2]!)] += Number.parseInt(part[1]!, 16);
	}
	const { total, padding: _, ...parts } = sums;
	sums.padding = total - Object.values(parts).reduce((a, b) => a + b, 0);
	return sums;
}

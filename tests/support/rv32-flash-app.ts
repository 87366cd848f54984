// Runs on XS on rv32, for rv32.test.ts: writes to the flash at many alignments and over bytes that are written already, and
// logs what is wrong; "right" when nothing is.
import { log } from "edge-ssm/memory";
import Flash from "flash";

export default function () {
	const flash = new Flash("model_b");
	const mapped = new Uint8Array(flash.map());
	const expected = new Uint8Array(3000).fill(0xff);
	let wrong = "right";
	const check = (what: string) => {
		const read = new Uint8Array(flash.read(0, expected.length));
		for (let i = 0; i < expected.length; i++)
			if (wrong === "right" && (read[i] !== expected[i] || mapped[i] !== expected[i]))
				wrong = `${what}: byte ${i} is ${read[i]}, ${mapped[i]} in place, not ${expected[i]}`;
	};
	flash.erase(0);
	check("erased");
	// written right, whatever begins, ends or lies within one word or one buffer of the chips
	for (const [offset, length] of [
		[0, 1],
		[5, 2],
		[7, 3],
		[250, 20],
		[255, 2],
		[256, 256],
		[300, 700],
		[1023, 1025],
		[301, 699],
		[2047, 513],
	] as const) {
		const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + offset) & expected[offset + i]!);
		flash.write(offset, length, bytes.buffer);
		expected.set(bytes, offset);
		check(`${length} bytes at ${offset}`);
	}
	try {
		flash.write(0, 1, Uint8Array.of(0xff).buffer);
		wrong = "a write set bits";
	} catch {
		check("a write that would set bits");
	}
	flash.write(flash.blockSize, 4, new Uint8Array(4).buffer);
	flash.erase(0);
	expected.fill(0xff);
	check("erased again");
	if (mapped[flash.blockSize] !== 0 || mapped[flash.blockSize + 4] !== 0xff)
		wrong = "the next sector changed";
	log(wrong);
}

// RAM by purpose as a table for people.
import type { Ram } from "../evaluation/ram";
import { grouped, table } from "../terminal/output";

/** A slot of XS on 32-bit devices, in bytes. */
const DEVICE_SLOT = 16;

/** The table; the last column is computed for 32-bit slots, not measured. */
export function ramTable({ kernelArena, slots, chunks, stack, slotBytes }: Ram): string {
	const at32 = (bytes: number) => (bytes / slotBytes) * DEVICE_SLOT;
	return table([
		["maximum, garbage included", "here", `with ${DEVICE_SLOT}-byte slots`],
		["kernel arena", kernelArena, kernelArena],
		[`XS slots (${grouped(slots / slotBytes)})`, slots, at32(slots)],
		["XS chunks", chunks, chunks],
		[`XS stack (${grouped(stack / slotBytes)} slots)`, stack, at32(stack)],
		["total", kernelArena + slots + chunks + stack, kernelArena + at32(slots) + chunks + at32(stack)],
	]);
}

// What the outputs of a device's model mean: labels, values with units, or a detector's scores.
import { Command, OutputKind, Status } from "../../src/link/commands";
import type { OutputMeaning } from "../../src/link/server";
import { UserError } from "../terminal/errors";
import { DeviceError, type Exchange } from "./exchange";
import { readScaling } from "./payload";

/** @param outputs their number @throws UserError, DeviceError */
export async function askMeaning(exchange: Exchange, outputs: number): Promise<OutputMeaning> {
	const scaling: OutputMeaning["scaling"][number][] = [];
	for (;;) {
		const reply = await exchange
			.request({
				command: Command.OUTPUTS,
				length: 2,
				write: (view) => view.setUint16(0, scaling.length, true),
				replyLength: 9,
			})
			.catch((error: unknown) => {
				if (error instanceof DeviceError && error.status === Status.COMMAND) return undefined;
				throw error;
			});
		if (!reply) return { kind: OutputKind.LABEL, threshold: 0, release: 0, scaling };
		const { view, bytes } = reply;
		const kind = view.getUint8(0);
		const more = readScaling(bytes, view, 9);
		scaling.push(...more);
		if (kind === OutputKind.LABEL || scaling.length === outputs)
			return { kind, threshold: view.getUint32(1, true), release: view.getUint32(5, true), scaling };
		if (more.length === 0 || scaling.length > outputs)
			throw new UserError(
				`The device has ${outputs} outputs but tells the meaning of ${scaling.length}; flash the firmware that belongs to this tool.`,
			);
	}
}

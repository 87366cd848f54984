// edge-ssm/link: the device's end of the link that "edge-ssm flash" and "monitor" speak (docs/LINK.md).

declare module "edge-ssm/link" {
	export const StreamSource: Readonly<{ OFF: number; SENSOR: number; REPLAY: number }>;
	export const Status: Readonly<Record<string, number>>;

	export class LinkError extends Error {
		constructor(status: number, message: string, detail?: number);
	}

	export class LinkServer {
		/** @param options.device one method per command (docs/LINK.md) @param options.send takes a frame; its bytes are valid during the call */
		constructor(options: {
			device: object;
			send(bytes: Uint8Array, length: number): void;
			onText?(bytes: Uint8Array, start: number, end: number): void;
		});
		receive(bytes: Uint8Array, start?: number, end?: number): void;
		result(step: number, index: number, margin: number, outputs: Int32Array): void;
		log(text: string): void;
	}
}

// Hosts and devices of different versions: they work together, and refuse by name what one of them lacks.
import { expect, test } from "vitest";
import { DeviceError, type Exchange } from "../../host-tools/device/exchange";
import { askMeaning } from "../../host-tools/device/meaning";
import { crc32 } from "../../src/bytes/crc32";
import { Command, Status } from "../../src/link/commands";
import { FrameDecoder, FrameType, FrameWriter, PAYLOAD_START } from "../../src/link/frame";
import { connect, type Wire } from "../support/link-channel";
import { fakeBlob, fakeDevice, identityOf } from "../support/link-fakes";

function frame(version: number, command: number, sequence: number, status = 0, payload = new Uint8Array(0)) {
	const writer = new FrameWriter();
	writer.version = version;
	writer.bytes.set(payload, PAYLOAD_START);
	const type = status === 0 ? FrameType.REQUEST : FrameType.REPLY;
	writer.finish(type, command, status, sequence, PAYLOAD_START + payload.length);
	return writer.bytes.slice(0, writer.length);
}

const arguments_ = (blob: Uint8Array) => [blob, crc32(blob), identityOf(blob)] as const;

test("[L11, L35] a device answers each version in its own, and one that it does not speak in its newest", async () => {
	const device = fakeDevice();
	const { client, application } = connect(device);
	await client.load(...arguments_(fakeBlob(1)));
	const heard: { version: number; type: number; status: number; text: string; length: number }[] = [];
	const decoder = new FrameDecoder({
		onFrame: ({ version, type, status, bytes, start, end }) =>
			heard.push({
				...{ version, type, status, length: end - start },
				text: Buffer.from(bytes.subarray(start + 4, end)).toString(),
			}),
	});
	device.send = (bytes) => decoder.push(bytes);
	for (const version of [2, 3, 1, 4]) {
		const request = frame(version, Command.INFO, version);
		application.receive(request, request.length);
	}
	const [two, three, one, four] = heard;
	expect(heard.map(({ version, status }) => [version, status])).toEqual([
		[2, Status.OK],
		[3, Status.OK],
		[3, Status.VERSION],
		[3, Status.VERSION],
	]);
	expect(three!.length).toBe(two!.length + 3); // a confirmed model, no key, nothing to tell
	for (const [reply, version] of [
		[one, 1],
		[four, 4],
	] as const)
		expect(reply!.text).toBe(`the device speaks versions 2 to 3 of the link, the host version ${version}`);
	application.log("not heard");
	const logging = frame(2, Command.LOG, 9, 0, Uint8Array.of(1));
	application.receive(logging, logging.length);
	application.log("heard");
	expect(heard.at(-1)).toMatchObject({ version: 2, type: FrameType.EVENT });
});

/** A device whose firmware speaks version 2 only and knows no command above LOAD_COMMIT. */
function older(device: ReturnType<typeof fakeDevice>): Wire & { versions: number[] } {
	const versions: number[] = [];
	return {
		versions,
		set send(send: (bytes: Uint8Array) => void) {
			device.send = send;
		},
		boot: () => {
			const application = device.boot();
			const receive = application.receive.bind(application);
			const decoder = new FrameDecoder({
				onFrame: ({ version, command, sequence }) => {
					versions.push(version);
					const refuse = (status: number) =>
						device.send(frame(2, command, sequence, status, new Uint8Array(8)));
					if (version !== 2) refuse(Status.VERSION);
					else if (command > Command.LOAD_COMMIT) refuse(Status.COMMAND);
					else receive(last, last.length);
				},
			});
			let last = new Uint8Array(0);
			application.receive = (bytes, length) => {
				last = bytes.slice(0, length);
				decoder.push(last);
			};
			return application;
		},
	};
}

test("[L35] a host goes on in the version of an older device, and names the command that it lacks", async () => {
	const wire = older(fakeDevice());
	const { client } = connect(wire);
	const blob = fakeBlob(1);
	await client.load(...arguments_(blob));
	const info = await client.info();
	expect(info.model!.identity).toEqual(identityOf(blob));
	expect(info.model).not.toHaveProperty("onTrial");
	expect(info).not.toHaveProperty("publicKey");
	expect(wire.versions[0]).toBe(3);
	expect(wire.versions.slice(1).every((version) => version === 2)).toBe(true);
	await expect(client.timing(1, 1)).rejects.toThrow(
		/its firmware lacks TIMING; flash the firmware that belongs/,
	);
});

test("[L11, L35] INFO tells of a trial and of models that do not run", async () => {
	const device = fakeDevice();
	const { client } = connect(device);
	await client.load(...arguments_(fakeBlob(1)));
	expect((await client.info()).model).toMatchObject({ onTrial: false });
	const rotten = fakeBlob(2);
	await client.load(...arguments_(rotten));
	device.slots[0].bytes[1024 + 200]! ^= 1;
	await client.reset();
	const info = await client.info();
	expect(info.model).toMatchObject({ slot: 1 });
	expect(info.refusals).toMatch(/^model_a: ESSM_E_CRC/);
});

test("[L11, L37] INFO tells of the key, and of the lowest version that a model may have", async () => {
	const publicKey = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
	const device = fakeDevice({ publicKey });
	const { client } = connect(device);
	expect(await client.info()).toMatchObject({ publicKey, minimumVersion: 0 });
	await client.load(...arguments_(fakeBlob(1, { version: 0xfffffffe })));
	expect(await client.info()).toMatchObject({ publicKey, minimumVersion: 0xfffffffe });
	await expect(client.load(...arguments_(fakeBlob(2, { version: 7 })))).rejects.toMatchObject({
		status: Status.SELF_TEST,
		message: expect.stringMatching(/the model's version 7 is below 4294967294, the highest/),
	});
	expect(await client.info()).toMatchObject({
		model: { identity: identityOf(fakeBlob(1, { version: 0xfffffffe })) },
	});
	expect(await connect(fakeDevice()).client.info()).not.toHaveProperty("minimumVersion");
});

test("[L35] a device that does not know what outputs mean is taken for one of classes; other errors are told", async () => {
	const answers = (status: number) =>
		({
			request: () => Promise.reject(new DeviceError(status, "it does not know command 17", 0)),
		}) as unknown as Exchange;
	expect(await askMeaning(answers(Status.COMMAND), 4)).toEqual({
		...{ kind: 0, threshold: 0, release: 0, scaling: [] },
	});
	await expect(askMeaning(answers(Status.NO_MODEL), 4)).rejects.toMatchObject({ status: Status.NO_MODEL });
});

// Files of torch.save: since PyTorch 1.6 a zip archive with a pickle and the tensors' bytes, which is supported; older ones, a
// pickle after a magic number, are recognised to explain how to convert them.
import { UserError } from "../terminal/errors";
import type { Tensor } from "./elements";
import { Global, unpickle } from "./pickle";
import { readTensors, StoredTensor, torchEnvironment } from "./torch-tensors";
import { openStoredZip } from "./zip";

/** Entries of a checkpoint under which programs keep the network's state_dict. */
const NETWORKS = ["state_dict", "model_state_dict", "model"];

export interface PytorchFile {
	tensors: Map<string, Tensor>;
	/** Entries that do not belong to the network, such as the optimizer's state, in short. */
	ignored: Record<string, string>;
}

const begins = (bytes: Uint8Array, ...prefix: number[]) => prefix.every((byte, i) => bytes[i] === byte);
const isZip = (bytes: Uint8Array) => begins(bytes, 0x50, 0x4b, 0x03, 0x04);
const isOld = (bytes: Uint8Array) => begins(bytes, 0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46);

/** Decided by the first bytes of a file. */
export function isPytorch(bytes: Uint8Array): boolean {
	return isZip(bytes) || isOld(bytes);
}

/** A command that saves only the weights of such a file. */
function conversion(file: string, options = ""): string {
	// Names that a shell or Python would misread are kept out of lines that people copy.
	const name = /^[\w.+-]+$/.test(file) ? file : "model.pt";
	const out = `${name.replace(/(\.ckpt)?\.(pt|pth|ckpt|bin)$/, "")}-weights.pt`;
	const network = NETWORKS.reduceRight((rest, key) => `d.get('${key}', ${rest})`, "d");
	return `python3 -c "import torch; d = torch.load('${name}', map_location='cpu'${options}); torch.save(${network}, '${out}')"`;
}

function summary(value: unknown): string {
	if (value instanceof Map) return `dictionary of ${value.size}`;
	if (Array.isArray(value)) return `list of ${value.length}`;
	if (value instanceof StoredTensor) return `tensor (${value.shape.join(", ")})`;
	return value instanceof Global ? value.name : String(value);
}

const holdsTensors = (value: unknown): value is Map<unknown, unknown> =>
	value instanceof Map && [...value.values()].some((item) => item instanceof StoredTensor);

/** The state_dict in what was saved: one of its entries, or all of it. */
function findNetwork(saved: unknown, file: string): Map<unknown, unknown> {
	if (!(saved instanceof Map))
		throw new UserError(
			`${file} holds a ${summary(saved)}, not a dictionary of tensors; save model.state_dict().`,
		);
	const found = NETWORKS.filter((key) => holdsTensors(saved.get(key)));
	if (found.length > 1)
		throw new UserError(
			`${file} has several networks (${found.join(", ")}); save the state_dict() of only one.`,
		);
	const network = found.length === 1 ? saved.get(found[0]) : saved;
	if (!holdsTensors(network))
		throw new UserError(
			`${file} has no tensors, neither at the top nor under ${NETWORKS.join(", ")}; save model.state_dict().`,
		);
	return network;
}

/**
 * The network's tensors in a file of torch.save. Nothing from the file is executed.
 *
 * @param file its name, for messages
 * @throws UserError for the format before PyTorch 1.6, and for anything else that torch.save does not write for tensors
 */
export function readPytorch(bytes: Uint8Array, file: string): PytorchFile {
	if (isOld(bytes))
		throw new UserError(
			`${file} is a PyTorch file as torch.save wrote it before PyTorch 1.6, which is not supported; convert it where a newer PyTorch is installed: ${conversion(file)}`,
		);
	const zip = openStoredZip(bytes, file);
	const pickles = zip.names.filter((name) => /^[^/]*\/data\.pkl$/.test(name));
	if (pickles.length !== 1)
		throw new UserError(
			`${file} is a zip archive, but not from torch.save: it has ${pickles.length || "no"} data.pkl.`,
		);
	const root = pickles[0]!.slice(0, -"data.pkl".length);
	const order = Buffer.from(zip.read(`${root}byteorder`) ?? "little").toString("latin1");
	if (order !== "little")
		throw new UserError(`${file} was saved on a big-endian machine; save it again on a little-endian one.`);
	const environment = torchEnvironment(
		file,
		(name) =>
			new UserError(
				`${file} names ${name.slice(0, 100)}, which tensors do not need and is not executed here; save only the weights, on a machine where you trust the file: ${conversion(file, ", weights_only=False")}`,
			),
	);
	const saved = unpickle(zip.read(pickles[0]!)!, environment, file);
	const network = findNetwork(saved, file);
	const named: [string, StoredTensor][] = [];
	const others =
		network === saved ? [] : [...(saved as Map<unknown, unknown>)].filter(([, value]) => value !== network);
	for (const [key, value] of network) {
		if (!(value instanceof StoredTensor)) others.push([key, value]);
		else if (typeof key === "string") named.push([key, value]);
		else
			throw new UserError(
				`The tensor ${String(key)} of ${file} has a number as name; save model.state_dict().`,
			);
	}
	return {
		tensors: readTensors(named, zip, root, file),
		ignored: Object.fromEntries(others.map(([key, value]) => [String(key), summary(value)])),
	};
}

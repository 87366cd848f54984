// What torch.save writes: since PyTorch 1.6 a zip archive with a pickle and the tensors' bytes, which is read; before, a pickle
// that begins with a magic number, which is recognised to tell how to convert it.
import { UserError } from "../terminal/errors";
import type { Tensor } from "./elements";
import { Global, unpickle } from "./pickle";
import { readTensors, StoredTensor, torchEnvironment } from "./torch-tensors";
import { openStoredZip } from "./zip";

/** Entries of a checkpoint under which programs keep the network's state_dict. */
const NETWORKS = ["state_dict", "model_state_dict", "model"];

export interface PytorchFile {
	tensors: Map<string, Tensor>;
	/** Entries that are not the network's, such as the optimizer's state, in short. */
	ignored: Record<string, string>;
}

const begins = (bytes: Uint8Array, ...prefix: number[]) => prefix.every((byte, i) => bytes[i] === byte);
const isZip = (bytes: Uint8Array) => begins(bytes, 0x50, 0x4b, 0x03, 0x04);
const isOld = (bytes: Uint8Array) => begins(bytes, 0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46);

/** The first bytes of a file decide. */
export function isPytorch(bytes: Uint8Array): boolean {
	return isZip(bytes) || isOld(bytes);
}

/** The command that saves the weights of such a file alone. */
function conversion(file: string, options = ""): string {
	// A name that a shell or Python would read otherwise stays out of a line that people copy.
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
			`${file} has several networks (${found.join(", ")}); save the state_dict() of one alone.`,
		);
	const network = found.length === 1 ? saved.get(found[0]) : saved;
	if (!holdsTensors(network))
		throw new UserError(
			`${file} has no tensors, neither itself nor under ${NETWORKS.join(", ")}; save model.state_dict().`,
		);
	return network;
}

/**
 * The network's tensors in a file of torch.save. Nothing that the file brings is run.
 *
 * @param file its name, for messages
 * @throws UserError for the format before PyTorch 1.6, and for whatever else is not what torch.save writes of tensors
 */
export function readPytorch(bytes: Uint8Array, file: string): PytorchFile {
	if (isOld(bytes))
		throw new UserError(
			`${file} is a PyTorch file as torch.save wrote it before PyTorch 1.6, which is not read; convert it where a newer PyTorch is installed: ${conversion(file)}`,
		);
	const zip = openStoredZip(bytes, file);
	const pickles = zip.names.filter((name) => /^[^/]*\/data\.pkl$/.test(name));
	if (pickles.length !== 1)
		throw new UserError(
			`${file} is a zip archive, but not one of torch.save: it has ${pickles.length || "no"} data.pkl.`,
		);
	const root = pickles[0]!.slice(0, -"data.pkl".length);
	const order = Buffer.from(zip.read(`${root}byteorder`) ?? "little").toString("latin1");
	if (order !== "little")
		throw new UserError(
			`${file} was saved on a machine of another byte order; save it again on one that is little-endian.`,
		);
	const environment = torchEnvironment(
		file,
		(name) =>
			new UserError(
				`${file} names ${name.slice(0, 100)}, which no tensor needs and nothing here runs; save the weights alone, where you trust the file: ${conversion(file, ", weights_only=False")}`,
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
				`The tensor ${String(key)} of ${file} has a number as its name; save model.state_dict().`,
			);
	}
	return {
		tensors: readTensors(named, zip, root, file),
		ignored: Object.fromEntries(others.map(([key, value]) => [String(key), summary(value)])),
	};
}

// What torch.save writes: a zip of pickles, or before PyTorch 1.6 a pickle that begins with a magic number. Recognised, to tell
// how to convert it; not read.
import { UserError } from "../terminal/errors";

/** The first bytes of a file decide. */
export function isPytorch(bytes: Uint8Array): boolean {
	const begins = (...prefix: number[]) => prefix.every((byte, i) => bytes[i] === byte);
	return begins(0x50, 0x4b, 0x03, 0x04) || begins(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46);
}

/** The refusal of such a file, with the command that converts it. */
export function pytorchError(file: string): UserError {
	// A name that a shell or Python would read otherwise stays out of a line that people copy.
	const name = /^[\w.+-]+$/.test(file) ? file : "model.pt";
	const out = `${name.replace(/\.(pt|pth|ckpt|bin)$/, "")}.safetensors`;
	return new UserError(
		`${file} is a PyTorch file (torch.save), which is not read; convert it to safetensors where PyTorch is installed: ` +
			`python3 -c "import torch, safetensors.torch as s; d = torch.load('${name}', map_location='cpu'); d = d.get('state_dict', d.get('model', d)); s.save_file({k: v.clone().contiguous() for k, v in d.items()}, '${out}')"`,
	);
}

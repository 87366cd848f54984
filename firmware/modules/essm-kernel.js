// essm/kernel: the native kernel as a JavaScript class. Declarations only; the code is in essm-kernel.c, the contract in
// essm-kernel.d.ts.

class Kernel @ "xs_essm_kernel_destructor" {
	constructor(blob) @ "xs_essm_kernel"
	static arenaSize(blob) @ "xs_essm_kernel_arenaSize"
	write(samples, byteOffset, count) @ "xs_essm_kernel_write"
	logits(buffer) @ "xs_essm_kernel_logits"
	reset() @ "xs_essm_kernel_reset"
	saveState(buffer) @ "xs_essm_kernel_saveState"
	restoreState(buffer) @ "xs_essm_kernel_restoreState"
	close() @ "xs_essm_kernel_close"
	get channels() @ "xs_essm_kernel_get_channels"
	get classes() @ "xs_essm_kernel_get_classes"
	get heads() @ "xs_essm_kernel_get_heads"
	get modes() @ "xs_essm_kernel_get_modes"
	get layers() @ "xs_essm_kernel_get_layers"
	get arenaBytes() @ "xs_essm_kernel_get_arenaBytes"
	get stateSize() @ "xs_essm_kernel_get_stateSize"
}

export default Kernel;

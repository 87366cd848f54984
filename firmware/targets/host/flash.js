// flash: like the Moddable SDK's module of that name. Declarations only; the code is in flash.c.

class Flash @ "xs_flash_destructor" {
	constructor(partition) @ "xs_flash"
	erase(sector) @ "xs_flash_erase"
	read(offset, byteLength) @ "xs_flash_read"
	write(offset, byteLength, buffer) @ "xs_flash_write"
	map() @ "xs_flash_map"
	get byteLength() @ "xs_flash_get_byteLength"
	get blockSize() @ "xs_flash_get_blockSize"
}

export default Flash;

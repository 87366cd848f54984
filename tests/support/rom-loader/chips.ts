// What tells the chips of the family apart to a flashing tool: from Espressif's technical reference manuals and esptool's
// documentation of the serial protocol.
export interface ChipModel {
	name: string;
	/** Word at 0x40001000, by which the oldest chips are known. */
	magic: number;
	/** What GET_SECURITY_INFO says; undefined on the ESP32, whose ROM does not know the command. */
	chipId: number | undefined;
	/** The SPI controller of the flash, and its registers' offsets. */
	spi: { base: number; usr: number; usr2: number; w0: number };
	/** Registers that are not 0 after reset. */
	registers: Readonly<Record<number, number>>;
}

export const ESP32: ChipModel = {
	name: "ESP32",
	magic: 0x00f01d83,
	chipId: undefined,
	spi: { base: 0x3ff42000, usr: 0x1c, usr2: 0x24, w0: 0x80 },
	// efuse: MAC 24:0a:c4:12:34:56 with its CRC; UART divider of a 40 MHz crystal at 115200 baud
	registers: { 1073061892: 0xc4123456, 1073061896: 0x0000240a, 1072955412: 0x0000015b },
};

/** Revision v0.3, in words 3 and 5 of efuse block 1. */
export const ESP32C3: ChipModel = {
	name: "ESP32-C3",
	magic: 0x1b31506f,
	chipId: 5,
	spi: { base: 0x60002000, usr: 0x18, usr2: 0x20, w0: 0x58 },
	registers: { 1610647620: 0xc4123456, 1610647624: 0x0000240a, 1610647632: 3 << 18, 1610647640: 0 },
};

/** Revision v0.2, whose ROM knows no direct boot. */
export const ESP32C3_OLD: ChipModel = {
	...ESP32C3,
	registers: { ...ESP32C3.registers, 1610647632: 2 << 18 },
};

export const ESP32S3: ChipModel = {
	name: "ESP32-S3",
	magic: 0x00000009,
	chipId: 9,
	spi: { base: 0x60002000, usr: 0x18, usr2: 0x20, w0: 0x58 },
	registers: { 1610641476: 0xc4123456, 1610641480: 0x0000240a },
};

export const ESP32C6: ChipModel = {
	name: "ESP32-C6",
	magic: 0x2ce0806f,
	chipId: 13,
	spi: { base: 0x60003000, usr: 0x18, usr2: 0x20, w0: 0x58 },
	registers: { 1611335748: 0xc4123456, 1611335752: 0x0000240a },
};

/** A chip that edge-ssm does not run on. */
export const ESP32H2: ChipModel = {
	name: "ESP32-H2",
	magic: 0xd7b73e80,
	chipId: 16,
	spi: { base: 0x60003000, usr: 0x18, usr2: 0x20, w0: 0x58 },
	registers: {},
};

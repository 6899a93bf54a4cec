//! What a terminal's own colours look like in the pictures.

use std::fmt;

/// A colour in sRGB, written as SVG writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(r, g, b) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The colours of a terminal: its default ones and its 16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colours {
    /// Of what is written.
    pub text: Rgb,
    /// Behind it.
    pub ground: Rgb,
    /// Black, red, green, yellow, blue, magenta, cyan, white, and the same bright.
    pub ansi: [Rgb; 16],
}

/// A dark terminal.
pub const DARK: Colours = Colours {
    text: Rgb(0xd8, 0xdc, 0xe6),
    ground: Rgb(0x14, 0x17, 0x1f),
    ansi: [
        Rgb(0x1c, 0x20, 0x2b),
        Rgb(0xe0, 0x5d, 0x5d),
        Rgb(0x6c, 0xbf, 0x6c),
        Rgb(0xd9, 0xb0, 0x55),
        Rgb(0x5c, 0x93, 0xe0),
        Rgb(0xb4, 0x76, 0xd6),
        Rgb(0x4c, 0xb8, 0xc4),
        Rgb(0xc5, 0xca, 0xd6),
        Rgb(0x62, 0x69, 0x7c),
        Rgb(0xff, 0x86, 0x86),
        Rgb(0x8f, 0xde, 0x8f),
        Rgb(0xf4, 0xd0, 0x7a),
        Rgb(0x86, 0xb8, 0xff),
        Rgb(0xd2, 0xa0, 0xf2),
        Rgb(0x7c, 0xdc, 0xe6),
        Rgb(0xf2, 0xf4, 0xf8),
    ],
};

/// A light terminal.
pub const LIGHT: Colours = Colours {
    text: Rgb(0x1f, 0x24, 0x30),
    ground: Rgb(0xfb, 0xfb, 0xfd),
    ansi: [
        Rgb(0x1f, 0x24, 0x30),
        Rgb(0xb4, 0x23, 0x2f),
        Rgb(0x1a, 0x7f, 0x37),
        Rgb(0x8a, 0x5a, 0x00),
        Rgb(0x0b, 0x57, 0xc4),
        Rgb(0x7a, 0x3f, 0xd1),
        Rgb(0x0b, 0x6f, 0x7c),
        Rgb(0xc5, 0xcc, 0xd9),
        Rgb(0x73, 0x7d, 0x91),
        Rgb(0xd0, 0x3a, 0x46),
        Rgb(0x2a, 0x95, 0x4a),
        Rgb(0xa8, 0x76, 0x10),
        Rgb(0x2f, 0x78, 0xe4),
        Rgb(0x92, 0x5c, 0xe0),
        Rgb(0x16, 0x8a, 0x99),
        Rgb(0xff, 0xff, 0xff),
    ],
};

/// How a cell is painted, with reverse and dim worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    pub text: Rgb,
    pub ground: Rgb,
}

impl Colours {
    /// The colours of a cell.
    pub(super) fn paint(&self, cell: &vt100::Cell) -> Paint {
        let text = self.of(cell.fgcolor(), self.text);
        let ground = self.of(cell.bgcolor(), self.ground);
        let (text, ground) = if cell.inverse() { (ground, text) } else { (text, ground) };
        let text = if cell.dim() { text.halfway_to(ground) } else { text };
        Paint { text, ground }
    }

    fn of(&self, colour: vt100::Color, default: Rgb) -> Rgb {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        match colour {
            vt100::Color::Default => default,
            vt100::Color::Rgb(r, g, b) => Rgb(r, g, b),
            vt100::Color::Idx(index @ 0..=15) => self.ansi[usize::from(index)],
            vt100::Color::Idx(index @ 16..=231) => {
                let cube = usize::from(index - 16);
                Rgb(STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
            }
            vt100::Color::Idx(index) => {
                let grey = 8 + (index - 232) * 10;
                Rgb(grey, grey, grey)
            }
        }
    }
}

impl Rgb {
    pub(super) fn halfway_to(self, other: Self) -> Self {
        Self(self.0.midpoint(other.0), self.1.midpoint(other.1), self.2.midpoint(other.2))
    }
}

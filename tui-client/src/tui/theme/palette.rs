//! The colours behind the tokens.

use ratatui::style::Color;

use super::Shade;

/// How many colours there are for people.
pub const PEOPLE: usize = 12;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl From<Rgb> for Color {
    fn from(Rgb(r, g, b): Rgb) -> Self {
        Self::Rgb(r, g, b)
    }
}

/// A colour on the way from `from` to `to`: at 0 the first, at 1000 or more the second.
pub fn mix(from: Rgb, to: Rgb, thousandths: u16) -> Rgb {
    let share = u32::from(thousandths.min(1000));
    let channel = |from: u8, to: u8| {
        let sum = u32::from(from) * (1000 - share) + u32::from(to) * share;
        u8::try_from((sum + 500) / 1000).unwrap_or(u8::MAX)
    };
    Rgb(channel(from.0, to.0), channel(from.1, to.1), channel(from.2, to.2))
}

/// The colours of one shade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Palette {
    pub bg: Rgb,
    pub alt: Rgb,
    pub surface: Rgb,
    pub raised: Rgb,
    pub mention: Rgb,
    pub code: Rgb,
    pub border: Rgb,
    pub text: Rgb,
    pub muted: Rgb,
    pub faint: Rgb,
    pub accent: Rgb,
    pub private: Rgb,
    pub ok: Rgb,
    pub warn: Rgb,
    pub error: Rgb,
    pub hills: [Rgb; 3],
    pub people: [Rgb; PEOPLE],
    /// Backgrounds with 256 colours, in the order of the fields above: the nearest ones would run into each other.
    pub grounds_256: [u8; 6],
}

/// Hues of people are 12 steps of OKLCH at lightness 0.80 and chroma 0.125: 9.1 to 10.1 : 1 on `bg`.
pub(super) static DARK: Palette = Palette {
    bg: hex(0x14_17_1f),
    alt: hex(0x10_12_19),
    surface: hex(0x1c_20_2b),
    raised: hex(0x26_2b_39),
    mention: hex(0x2a_26_1d),
    code: hex(0x1a_1e_28),
    border: hex(0x34_3a_4b),
    text: hex(0xd8_dc_e6),
    muted: hex(0x8a_92_a6),
    faint: hex(0x6f_78_8f),
    accent: hex(0x6c_b6_ff),
    private: hex(0xc4_a7_ff),
    ok: hex(0x7f_d8_8f),
    warn: hex(0xf2_c6_6d),
    error: hex(0xff_7b_85),
    hills: [hex(0x1a_20_2a), hex(0x22_28_38), hex(0x2f_31_47)],
    people: [
        hex(0xfd_a1_a0),
        hex(0xfd_a5_78),
        hex(0xed_b2_5a),
        hex(0xca_c2_5b),
        hex(0x9a_d0_7c),
        hex(0x6d_d6_a2),
        hex(0x3d_d7_cf),
        hex(0x42_d2_f0),
        hex(0x82_c5_fd),
        hex(0xab_b9_fe),
        hex(0xd0_a9_fe),
        hex(0xf3_9d_d7),
    ],
    grounds_256: [234, 233, 235, 236, 236, 235],
};

/// The same hues at lightness 0.50 and chroma 0.14: 5.5 to 6.3 : 1 on `bg`.
pub(super) static LIGHT: Palette = Palette {
    bg: hex(0xfb_fb_fd),
    alt: hex(0xf1_f3_f7),
    surface: hex(0xe9_ec_f2),
    raised: hex(0xdf_e4_ee),
    mention: hex(0xfd_f3_dc),
    code: hex(0xf1_f3_f7),
    border: hex(0xc5_cc_d9),
    text: hex(0x1f_24_30),
    muted: hex(0x5d_66_7a),
    faint: hex(0x73_7d_91),
    accent: hex(0x0b_62_d6),
    private: hex(0x7a_3f_d1),
    ok: hex(0x1a_7f_37),
    warn: hex(0x8a_5a_00),
    error: hex(0xc4_29_3b),
    hills: [hex(0xe8_ef_f9), hex(0xe0_e5_f4), hex(0xdc_d9_f3)],
    people: [
        hex(0xa4_3a_41),
        hex(0x9e_45_02),
        hex(0x86_59_01),
        hex(0x6d_66_03),
        hex(0x3c_74_0d),
        hex(0x0b_76_4d),
        hex(0x06_72_6e),
        hex(0x0e_6f_81),
        hex(0x02_68_a5),
        hex(0x4e_59_b1),
        hex(0x76_4a_a2),
        hex(0x95_3d_7c),
    ],
    grounds_256: [231, 255, 254, 253, 230, 255],
};

/// People with the terminal's 16 colours, in the order of the hues above as far as there are that many.
pub(super) static ANSI_PEOPLE: [Color; PEOPLE] = [
    Color::LightRed,
    Color::Yellow,
    Color::LightYellow,
    Color::Green,
    Color::LightGreen,
    Color::Cyan,
    Color::LightCyan,
    Color::LightBlue,
    Color::Blue,
    Color::LightMagenta,
    Color::Magenta,
    Color::Red,
];

#[expect(clippy::cast_possible_truncation, reason = "one byte each is what is wanted")]
const fn hex(rgb: u32) -> Rgb {
    Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// Colours whose channels lie closer together than this are shown as greys with 256 colours.
const GREYISH: u8 = 40;

/// The nearest of the 240 fixed colours of a 256-colour terminal that stands out from the ground at least as well: the
/// cube of 6 x 6 x 6 from 16 on, 24 greys from 232 on (xterm's palette). The first 16 are the user's to choose and
/// never used.
pub(super) fn nearest_256(colour: Rgb, shade: Shade) -> u8 {
    let distance = |index: &u8| {
        let of = fixed(*index);
        let channel = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        channel(of.0, colour.0) + channel(of.1, colour.1) + channel(of.2, colour.2)
    };
    let stands_out = |index: &u8| match shade {
        Shade::Dark => brightness(fixed(*index)) >= brightness(colour),
        Shade::Light => brightness(fixed(*index)) <= brightness(colour),
    };
    // A grey with a tint would land on a colour of the cube that is nothing but tint.
    let Rgb(r, g, b) = colour;
    let is_greyish = r.max(g).max(b) - r.min(g).min(b) < GREYISH;
    let first = if is_greyish { 232 } else { 16 };
    (first..=255).filter(stands_out).min_by_key(distance).unwrap_or(16)
}

/// How bright a colour is to the eye, 0 to 255,000: the weights of ITU-R BT.709 on the values as they are. Rough, and
/// good enough to tell dark from light.
pub(super) fn brightness(Rgb(r, g, b): Rgb) -> u32 {
    213 * u32::from(r) + 715 * u32::from(g) + 72 * u32::from(b)
}

/// What xterm shows for a fixed colour.
pub(super) fn fixed(index: u8) -> Rgb {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    if let Some(grey) = index.checked_sub(232) {
        let level = 8 + grey * 10;
        return Rgb(level, level, level);
    }
    let cube = usize::from(index.saturating_sub(16));
    Rgb(STEPS[cube / 36], STEPS[cube / 6 % 6], STEPS[cube % 6])
}

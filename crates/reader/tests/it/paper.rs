//! Writes small PDF files for tests: text at given places, ruled tables, pictures, and what goes wrong with files.

use std::io::Write;

/// A page: operators of a content stream.
#[derive(Clone, Default)]
pub(crate) struct Sheet {
    texts: Vec<(u32, u32, u32, String)>,
    lines: String,
    picture: bool,
    blanks: usize,
}

impl Sheet {
    /// A page with nothing but a picture.
    pub(crate) fn picture() -> Sheet {
        Sheet {
            picture: true,
            ..Sheet::default()
        }
    }

    /// A page whose source is so many blanks.
    pub(crate) fn blanks(blanks: usize) -> Sheet {
        Sheet {
            blanks,
            ..Sheet::default()
        }
    }

    /// A text whose line stands `y` points under the upper edge.
    pub(crate) fn text(&mut self, x: u32, y: u32, size: u32, text: &str) {
        self.texts.push((x, y, size, text.to_owned()));
    }

    /// A ruled table.
    pub(crate) fn table(&mut self, x: u32, y: u32, widths: &[u32], height: u32, cells: &[[&str; 6]]) {
        let right = x + widths.iter().sum::<u32>();
        let lower = y + height * u32::try_from(cells.len()).unwrap();
        for n in 0..=cells.len() {
            let y = y + height * u32::try_from(n).unwrap();
            self.lines
                .push_str(&format!("{x} {} m {right} {} l S\n", 842 - y, 842 - y));
        }
        let mut at = x;
        for (n, width) in std::iter::once(&0).chain(widths).enumerate() {
            at += width;
            self.lines.push_str(&format!(
                "{at} {} m {at} {} l S\n",
                842 - y,
                842i64 - i64::from(lower)
            ));
            for (row, line) in cells.iter().enumerate() {
                if let Some(cell) = line.get(n).filter(|cell| !cell.is_empty()) {
                    // Two lines where it does not fit on one.
                    let fits = usize::try_from(widths[n] / 11).unwrap();
                    let chars: Vec<char> = cell.chars().collect();
                    for (k, part) in chars.chunks(fits).enumerate() {
                        let below = 12 + 11 * u32::try_from(k).unwrap();
                        self.text(
                            at + 3,
                            y + height * u32::try_from(row).unwrap() + below,
                            9,
                            &part.iter().collect::<String>(),
                        );
                    }
                }
            }
        }
    }

    fn source(&self, encoding: &str) -> Vec<u8> {
        let mut out = self.lines.clone();
        for (x, y, size, text) in &self.texts {
            let bytes: Vec<u8> = if encoding.starts_with("GB") {
                encoding_rs::GB18030.encode(text).0.into_owned()
            } else {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            };
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let up = 842i64 - i64::from(*y);
            out.push_str(&format!("BT /F1 {size} Tf {x} {up} Td <{hex}> Tj ET\n"));
        }
        if self.picture {
            out.push_str("q 595 0 0 842 0 0 cm /I1 Do Q\n");
        }
        out.push_str(&" ".repeat(self.blanks));
        out.into_bytes()
    }
}

/// A file.
#[derive(Clone)]
pub(crate) struct Paper {
    encoding: &'static str,
    packed: bool,
    locked: bool,
    sheets: Vec<Sheet>,
}

impl Default for Paper {
    fn default() -> Self {
        Paper {
            encoding: "UniGB-UCS2-H",
            packed: true,
            locked: false,
            sheets: Vec::new(),
        }
    }
}

impl Paper {
    pub(crate) fn encoding(mut self, encoding: &'static str) -> Paper {
        self.encoding = encoding;
        self
    }

    pub(crate) fn sheet(mut self, sheet: Sheet) -> Paper {
        self.sheets.push(sheet);
        self
    }

    /// Without packing its pages.
    pub(crate) fn plain(mut self) -> Paper {
        self.packed = false;
        self
    }

    /// With a password that nobody knows.
    pub(crate) fn locked(mut self) -> Paper {
        self.locked = true;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut objects: Vec<Vec<u8>> = vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            format!(
                "<< /Type /Pages /Count {} /Kids [{}] >>",
                self.sheets.len(),
                (0..self.sheets.len()).map(|n| format!("{} 0 R ", 6 + 2 * n)).collect::<String>()
            )
            .into_bytes(),
            format!("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /{} /DescendantFonts [4 0 R] >>", self.encoding).into_bytes(),
            b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 >>".to_vec(),
            b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1 >>\nstream\n\x00\nendstream".to_vec(),
        ];
        for (n, sheet) in self.sheets.iter().enumerate() {
            objects.push(
                format!(
                    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /I1 5 0 R >> >> >>",
                    7 + 2 * n
                )
                .into_bytes(),
            );
            let source = sheet.source(self.encoding);
            let (data, filter) = if self.packed {
                let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                packer.write_all(&source).unwrap();
                (packer.finish().unwrap(), "/Filter /FlateDecode ")
            } else {
                (source, "")
            };
            let mut object = format!("<< {filter}/Length {} >>\nstream\n", data.len()).into_bytes();
            object.extend(data);
            object.extend(b"\nendstream");
            objects.push(object);
        }
        let mut out = b"%PDF-1.5\n".to_vec();
        let mut places = Vec::new();
        for (n, object) in objects.iter().enumerate() {
            places.push(out.len());
            out.extend(format!("{} 0 obj\n", n + 1).into_bytes());
            out.extend(object);
            out.extend(b"\nendobj\n");
        }
        let table = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
        for place in places {
            out.extend(format!("{place:010} 00000 n \n").into_bytes());
        }
        let locked = if self.locked {
            let key = "<0000000000000000000000000000000000000000000000000000000000000000>";
            format!(
                "/ID [{key} {key}] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O {key} /U {key} >> "
            )
        } else {
            String::new()
        };
        out.extend(
            format!(
                "trailer << /Size {} /Root 1 0 R {locked}>>\nstartxref\n{table}\n%%EOF\n",
                objects.len() + 1
            )
            .into_bytes(),
        );
        out
    }
}

//! Small workbooks, written part by part.

use std::io::{Cursor, Write};
use zip::write::{SimpleFileOptions, ZipWriter};

/// A zip archive of these parts.
pub(crate) fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// An Excel workbook with these sheets, each by its name and the XML of its rows.
pub(crate) fn excel(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), "<Types/>".to_owned()),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships><Relationship Id='r' Type='{RELATIONS}/officeDocument' Target='xl/workbook.xml'/></Relationships>"
            ),
        ),
    ];
    let (mut list, mut relations) = (String::new(), String::new());
    for (index, (name, rows)) in sheets.iter().enumerate() {
        list.push_str(&format!(
            "<sheet name='{name}' sheetId='{index}' r:id='r{index}'/>"
        ));
        relations.push_str(&format!(
            "<Relationship Id='r{index}' Type='{RELATIONS}/worksheet' Target='sheets/{index}.xml'/>"
        ));
        parts.push((
            format!("xl/sheets/{index}.xml"),
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ));
    }
    parts.push((
        "xl/workbook.xml".to_owned(),
        format!("<workbook xmlns:r='{RELATIONS}'><sheets>{list}</sheets></workbook>"),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".to_owned(),
        format!("<Relationships>{relations}</Relationships>"),
    ));
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    archive(&parts)
}

/// An `OpenDocument` workbook with one sheet, `Sheet1`, of these rows.
pub(crate) fn open_document(rows: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name='Sheet1'>{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    archive(&[("content.xml", &content)])
}

/// Rows of texts, from row 1, as Excel writes them into a sheet.
pub(crate) fn rows(rows: &[&[&str]]) -> String {
    let mut xml = String::new();
    for cells in rows {
        xml.push_str("<row>");
        for cell in *cells {
            xml.push_str(&format!("<c t='inlineStr'><is><t>{cell}</t></is></c>"));
        }
        xml.push_str("</row>");
    }
    xml
}

//! Images, as providers take them: base64 and the format's name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rig_core::message::{ImageMediaType, UserContent};
use tokio::task::spawn_blocking;

use crate::{Error, Image};

/// An image as part of a user's message.
pub async fn sent(image: Image) -> Result<UserContent, Error> {
    let shown = match &image {
        Image::Path(path) => path.display().to_string(),
        Image::Bytes(bytes) => format!("one of {} bytes", bytes.len()),
    };
    let problem = |problem: String| Error::Image {
        image: shown.clone(),
        problem,
    };
    // A disk may be slow, and a big image takes a while to encode.
    let encoded = spawn_blocking(move || {
        let bytes = match image {
            Image::Path(path) => std::fs::read(path).map_err(|error| error.to_string())?,
            Image::Bytes(bytes) => bytes,
        };
        let format = format(&bytes).ok_or("it is no PNG, JPEG, GIF or WebP")?;
        Ok::<_, String>((STANDARD.encode(&bytes), format))
    });
    let encoded = encoded
        .await
        .map_err(|_| Error::Ended("reading an image"))?;
    let (data, format) = encoded.map_err(problem)?;
    Ok(UserContent::image_base64(data, Some(format), None))
}

/// The format, by the file's first bytes.
fn format(bytes: &[u8]) -> Option<ImageMediaType> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(ImageMediaType::PNG),
        [0xff, 0xd8, 0xff, ..] => Some(ImageMediaType::JPEG),
        [b'G', b'I', b'F', b'8', ..] => Some(ImageMediaType::GIF),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(ImageMediaType::WEBP),
        _ => None,
    }
}

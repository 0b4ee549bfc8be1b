//! What the system knows of memory.

/// The most memory that this process ever held, in bytes.
#[cfg(target_os = "linux")]
pub fn peak_resident_bytes() -> Option<u64> {
    // Not from `getrusage`, whose figure begins with that of the process this one was forked from.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The most memory that this process ever held, in bytes.
#[cfg(all(unix, not(target_os = "linux")))]
pub fn peak_resident_bytes() -> Option<u64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let most = u64::try_from(getrusage(UsageWho::RUSAGE_SELF).ok()?.max_rss()).ok()?;
    let unit = if cfg!(target_vendor = "apple") {
        1
    } else {
        1024
    };
    Some(most * unit)
}

/// The most memory that this process ever held, in bytes.
#[cfg(not(unix))]
pub fn peak_resident_bytes() -> Option<u64> {
    None
}

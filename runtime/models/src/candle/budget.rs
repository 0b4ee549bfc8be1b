//! How much memory models may take unless the host says.

use sysinfo::{MemoryRefreshKind, System};

/// Three quarters of the memory that this process may use: the machine's, or its container's where that
/// is less. No limit where the system does not tell.
pub fn default_budget() -> u64 {
    usable_memory().map_or(u64::MAX, |bytes| bytes / 4 * 3)
}

fn usable_memory() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let container = system.cgroup_limits().map(|limits| limits.total_memory);
    let machine = system.total_memory();
    [Some(machine), container]
        .into_iter()
        .flatten()
        .filter(|bytes| *bytes > 0)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_a_part_of_what_the_machine_has() {
        let mut system = System::new().expect("a system that is known");
        system.refresh_memory();
        let budget = default_budget();
        assert!(
            budget > 0 && budget <= system.total_memory() / 4 * 3,
            "{budget}"
        );
    }
}

//! The memory of a model's sequences: pages of keys and values, shared by sequences that begin alike.
//!
//! Full pages are known by the tokens that led to them, as a tree; a sequence that begins with the same
//! tokens takes them over instead of computing them. What nobody uses any more stays until room is
//! needed, the longest unused first. Source: Kwon et al., "Efficient Memory Management for Large
//! Language Model Serving with PagedAttention", 2023.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::batch::LanguageModel;
use crate::Error;
use crate::decoder::{PAGE, Step};

/// A node's number; the empty prefix is 0.
type Id = u64;
const ROOT: Id = 0;

/// A page that counts as long as somebody holds it.
struct Counted<P> {
    page: P,
    count: Arc<AtomicUsize>,
}

impl<P> Drop for Counted<P> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tokens that somebody has computed after those of the parent.
struct Node<P> {
    parent: Id,
    /// At most [`PAGE`]; fewer where a sequence ended inside a page.
    tokens: Vec<u32>,
    page: Arc<Counted<P>>,
    /// When it was last used.
    used: u64,
}

/// All pages of one model.
pub(super) struct Pool<P> {
    nodes: HashMap<Id, Node<P>>,
    children: HashMap<Id, Vec<Id>>,
    next: Id,
    clock: u64,
    /// Pages that are held by anyone.
    count: Arc<AtomicUsize>,
    /// How many pages there may be.
    limit: Arc<AtomicUsize>,
}

/// One sequence's pages.
pub(super) struct Pages<P> {
    pages: Vec<Arc<Counted<P>>>,
    /// The node of the last full page that the tree knows, and how many those are.
    node: Id,
    known: usize,
}

impl<P> Default for Pages<P> {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            node: ROOT,
            known: 0,
        }
    }
}

/// What was asked for does not fit, even with everything unused thrown away.
pub(super) struct Full;

impl<P> Pool<P> {
    pub fn new(limit: usize) -> Self {
        Self {
            nodes: HashMap::new(),
            children: HashMap::new(),
            next: ROOT + 1,
            clock: 0,
            count: Arc::default(),
            limit: Arc::new(AtomicUsize::new(limit)),
        }
    }

    /// How many pages there may be.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// How many pages there may be, for others to see and to change.
    pub fn shared_limit(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.limit)
    }

    /// How many pages anyone holds, for others to see.
    pub fn count(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.count)
    }

    /// How many pages anyone holds.
    pub fn held(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes over what others have computed of `tokens`, from where `pages` end; returns how many
    /// tokens need not be computed. `pages` must be full or empty.
    pub fn adopt<M: LanguageModel<Page = P>>(
        &mut self,
        model: &M,
        pages: &mut Pages<P>,
        tokens: &[u32],
    ) -> Result<usize, Error> {
        let start = pages.pages.len() * PAGE;
        let mut at = start;
        while let Some((id, common)) = self.longest(pages.node, &tokens[at.min(tokens.len())..]) {
            self.touch(id);
            if common == PAGE {
                pages.pages.push(Arc::clone(&self.nodes[&id].page));
                pages.node = id;
                pages.known += 1;
                at += PAGE;
                continue;
            }
            // Part of a page: the sequence will write on, so it gets its own copy. Holding the page keeps
            // it from being the one that goes.
            let part = Arc::clone(&self.nodes[&id].page);
            if self.make_room().is_ok() {
                let copy = model.copy_page(&part.page).inspect_err(|_| {
                    // Its tokens do not count as computed.
                    *pages = Pages::default();
                })?;
                pages.pages.push(self.counted(copy));
                at += common;
            }
            break;
        }
        Ok(at - start)
    }

    /// The child of `parent` that shares most tokens with the beginning of `tokens`, if any does.
    fn longest(&self, parent: Id, tokens: &[u32]) -> Option<(Id, usize)> {
        let common = |id: &Id| {
            let known = &self.nodes[id].tokens;
            known.iter().zip(tokens).take_while(|(a, b)| a == b).count()
        };
        let children = self.children.get(&parent)?.iter();
        let best = children
            .map(|id| (*id, common(id)))
            .max_by_key(|(_, common)| *common);
        best.filter(|(_, common)| *common > 0)
    }

    /// Makes pages for positions up to `end`, or none.
    pub fn reserve<M: LanguageModel<Page = P>>(
        &mut self,
        model: &M,
        pages: &mut Pages<P>,
        end: usize,
    ) -> Result<Result<(), Full>, Error> {
        let before = pages.pages.len();
        while pages.pages.len() * PAGE < end {
            if self.make_room().is_err() {
                pages.pages.truncate(before);
                return Ok(Err(Full));
            }
            let page = self.counted(model.new_page()?);
            pages.pages.push(page);
        }
        Ok(Ok(()))
    }

    /// Makes known what a sequence has computed: `tokens` are all that its pages hold. At its `end`
    /// also the page that is not full.
    pub fn publish(&mut self, pages: &mut Pages<P>, tokens: &[u32], end: bool) {
        while (pages.known + 1) * PAGE <= tokens.len() {
            let start = pages.known * PAGE;
            pages.node = self.insert(pages, &tokens[start..start + PAGE]);
            pages.known += 1;
        }
        let rest = &tokens[pages.known * PAGE..];
        if end && !rest.is_empty() {
            self.insert(pages, rest);
        }
    }

    /// The node of the next page of `pages`, which holds `tokens`. Where the tree has it already, the
    /// sequence takes that page: it holds the same.
    fn insert(&mut self, pages: &mut Pages<P>, tokens: &[u32]) -> Id {
        let siblings = self.children.entry(pages.node).or_default();
        let same = siblings.iter().find(|id| self.nodes[id].tokens == tokens);
        if let Some(&id) = same {
            pages.pages[pages.known] = Arc::clone(&self.nodes[&id].page);
            self.touch(id);
            return id;
        }
        let id = self.next;
        self.next += 1;
        siblings.push(id);
        self.clock += 1;
        let node = Node {
            parent: pages.node,
            tokens: tokens.to_vec(),
            page: Arc::clone(&pages.pages[pages.known]),
            used: self.clock,
        };
        self.nodes.insert(id, node);
        id
    }

    fn touch(&mut self, id: Id) {
        self.clock += 1;
        let clock = self.clock;
        self.nodes.entry(id).and_modify(|node| node.used = clock);
    }

    fn counted(&self, page: P) -> Arc<Counted<P>> {
        self.count.fetch_add(1, Ordering::Relaxed);
        Arc::new(Counted {
            page,
            count: Arc::clone(&self.count),
        })
    }

    /// Throws away unused pages until one more fits.
    fn make_room(&mut self) -> Result<(), Full> {
        while self.held() >= self.limit() {
            self.evict()?;
        }
        Ok(())
    }

    /// Throws away unused pages beyond the limit, which may have become lower.
    pub fn trim(&mut self) {
        while self.held() > self.limit() && self.evict().is_ok() {}
    }

    /// Throws away the page that nobody has used for longest, of those that no other leads on from.
    fn evict(&mut self) -> Result<(), Full> {
        let unused = |(id, node): &(&Id, &Node<P>)| {
            Arc::strong_count(&node.page) == 1 && !self.children.contains_key(id)
        };
        let oldest = self
            .nodes
            .iter()
            .filter(unused)
            .min_by_key(|(_, node)| node.used);
        let id = *oldest.ok_or(Full)?.0;
        let parent = self.nodes.remove(&id).ok_or(Full)?.parent;
        if let Some(siblings) = self.children.get_mut(&parent) {
            siblings.retain(|sibling| *sibling != id);
            if siblings.is_empty() {
                self.children.remove(&parent);
            }
        }
        Ok(())
    }
}

/// What a page will be known by: the node before it and its tokens.
pub(super) type PageKey = (Id, Vec<u32>);

impl<P> Pages<P> {
    /// The page after those that are full, if `tokens` fill it.
    fn after_known(&self, tokens: &[u32]) -> Option<PageKey> {
        let start = self.known * PAGE;
        let page = tokens.get(start..start + PAGE)?;
        Some((self.node, page.to_vec()))
    }

    /// The page that is to be begun next.
    pub fn next(&self, tokens: &[u32]) -> Option<PageKey> {
        let begun = self.pages.len() > self.known;
        if begun {
            None
        } else {
            self.after_known(tokens)
        }
    }

    /// The page that is begun and not full.
    pub fn begun(&self, tokens: &[u32]) -> Option<PageKey> {
        let begun = self.pages.len() > self.known;
        if begun {
            self.after_known(tokens)
        } else {
            None
        }
    }

    /// The step that computes `range` of `tokens`, for which pages are reserved.
    pub fn step<'a>(&'a mut self, tokens: &'a [u32], range: Range<usize>) -> Step<'a, P> {
        let (past, tail) = self.pages.split_at_mut(range.start / PAGE);
        let own = |page: &'a mut Arc<Counted<P>>| {
            let page = Arc::get_mut(page).expect("pages that are written are nobody else's");
            &mut page.page
        };
        Step {
            start: range.start,
            tokens: &tokens[range.clone()],
            past: past.iter().map(|page| &page.page).collect(),
            tail: tail.iter_mut().map(own).collect(),
        }
    }

    /// Whether the sequence holds any.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }
}

//! A closure in an attribute, `|input, charge| charge.paid`, that may be half typed: an editor completes what it is shown.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprClosure, Pat, Token};

use crate::report::Sink;

/// A closure: as it stands, or as much of it as is Rust.
pub(crate) struct Closure {
    /// Its parameters.
    pub(crate) inputs: Vec<Pat>,
    /// What stands before its body.
    pub(crate) head: TokenStream,
    /// An expression.
    pub(crate) body: TokenStream,
    /// Whether it is there as a whole. If not, that was reported.
    pub(crate) whole: bool,
}

impl Closure {
    /// Reads a closure. `wrong` is said where there is none, and where its parameters cannot be read.
    pub(super) fn read(input: ParseStream<'_>, wrong: &str, sink: &Sink) -> syn::Result<Self> {
        let begins = input.peek(Token![|]) || input.peek(Token![||]) || input.peek(Token![move]);
        if !begins {
            return Err(syn::Error::new(input.span(), wrong));
        }
        let ahead = input.fork();
        let error = match ahead.parse::<ExprClosure>() {
            Ok(closure) => {
                input.advance_to(&ahead);
                return Ok(Self::whole(closure));
            }
            Err(error) => error,
        };
        let (inputs, head) = head(input).map_err(|error| syn::Error::new(error.span(), wrong))?;
        let body = rest(input);
        // A block is left alone, as a function's body is: the compiler says what is wrong in it.
        if let [TokenTree::Group(group)] = body.as_slice()
            && group.delimiter() == Delimiter::Brace
        {
            return Ok(Self { inputs, head, body: group.to_token_stream(), whole: true });
        }
        match body.last() {
            None => sink.error(&head, "this closure has no body"),
            Some(last @ TokenTree::Punct(_)) => sink.error(last, "an expression is missing after this"),
            Some(_) => sink.push(error),
        }
        Ok(Self { inputs, head, body: mend(body), whole: false })
    }

    fn whole(closure: ExprClosure) -> Self {
        let body = closure.body.to_token_stream();
        let inputs = closure.inputs.iter().cloned().collect();
        let head = ExprClosure { body: Box::new(Expr::Verbatim(TokenStream::new())), ..closure }.into_token_stream();
        Self { inputs, head, body, whole: true }
    }
}

/// `|input, charge|`
fn head(input: ParseStream<'_>) -> syn::Result<(Vec<Pat>, TokenStream)> {
    let moves: Option<Token![move]> = input.parse()?;
    if let Some(none) = input.parse::<Option<Token![||]>>()? {
        return Ok((Vec::new(), quote!(#moves #none)));
    }
    let open: Token![|] = input.parse()?;
    let mut inputs: Punctuated<Pat, Token![,]> = Punctuated::new();
    while !input.peek(Token![|]) {
        let mut pattern = Pat::parse_single(input)?;
        if input.peek(Token![:]) {
            pattern = Pat::Type(syn::PatType {
                attrs: Vec::new(),
                pat: Box::new(pattern),
                colon_token: input.parse()?,
                ty: input.parse()?,
            });
        }
        inputs.push_value(pattern);
        if input.peek(Token![|]) {
            break;
        }
        inputs.push_punct(input.parse()?);
    }
    let close: Token![|] = input.parse()?;
    Ok((inputs.iter().cloned().collect(), quote!(#moves #open #inputs #close)))
}

/// What stands there up to the next argument.
fn rest(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    while !input.is_empty()
        && !input.peek(Token![,])
        && let Ok(token) = input.parse()
    {
        tokens.push(token);
    }
    tokens
}

/// What is Rust of a half-typed expression, up to as far as can be. What is left out is as little as can be: an editor looks for the
/// place of its cursor in it.
fn mend(tokens: Vec<TokenTree>) -> TokenStream {
    let nothing = quote!(loop {});
    let mut tokens = without_dots(tokens);
    loop {
        for after in [TokenStream::new(), nothing.clone()] {
            let mended = tokens.iter().cloned().chain(after).collect::<TokenStream>();
            if syn::parse2::<Expr>(mended.clone()).is_ok() {
                return mended;
            }
        }
        if tokens.pop().is_none() {
            return nothing;
        }
    }
}

/// Leaves out dots after which no name stands, in groups as well.
fn without_dots(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let is_dot = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.');
    let mut mended = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let named = matches!(next, Some(TokenTree::Ident(_) | TokenTree::Literal(_)));
        let range = is_dot(next) || at.checked_sub(1).is_some_and(|before| is_dot(tokens.get(before)));
        let lonely = is_dot(Some(token)) && !named && !range;
        match token {
            _ if lonely => {}
            TokenTree::Group(group) => {
                let mut inner: TokenStream = without_dots(group.stream().into_iter().collect()).into_iter().collect();
                let list = Punctuated::<Expr, Token![,]>::parse_terminated;
                if group.delimiter() == Delimiter::Parenthesis && list.parse2(inner.clone()).is_err() {
                    inner.extend(quote!(loop {}));
                }
                let mut whole = Group::new(group.delimiter(), inner);
                whole.set_span(group.span());
                mended.push(TokenTree::Group(whole));
            }
            token => mended.push(token.clone()),
        }
    }
    mended
}

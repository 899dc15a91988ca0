use pgflow::Repeat;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct Page(u32);

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn poll(repeat: Repeat<Page>) -> pgflow::Result<u32> {
        Ok(repeat.state().map_or(0, |page| page.0))
    }
}

fn main() {
    let _ = orders::poll(Repeat::new(None));
}

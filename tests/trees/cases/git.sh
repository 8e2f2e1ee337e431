# packages: git
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git config --global user.name A; git config --global user.email a@b; git config --global init.defaultBranch main
git init -q r; cd r; for i in 1 2 3 4 5; do seq $i 2000 > f$i; git add .; git commit -qm "commit $i"; done
git log --oneline; git log --stat -1 | tail -3; git checkout -q -b side HEAD~2; echo x > side; git add side; git commit -qm side; git merge -q main -m merge; git log --graph --format=%s
cd ..; git clone -q r c; cd c; git status -s; git branch -a; git diff HEAD~1 --stat; git rev-parse HEAD; git gc -q; git fsck; git blame -s side; git show HEAD:side
git bisect start -q HEAD HEAD~2 2> /dev/null | head -1; git bisect reset -q; git grep -c 1999 | head -3; git archive HEAD | md5sum; git format-patch -1 HEAD~1 --stdout | head -5; git rebase -q HEAD~1 2>&1; git stash list
git bundle create -q b HEAD; git bundle verify -q b 2>&1 | head -1; git fetch -q --depth=1 file://$PWD/../r main; git cat-file -p FETCH_HEAD | head -2
